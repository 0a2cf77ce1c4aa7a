"""How fast one core assembles personalised letters: messages a second, and CPU for one."""

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from bench.load import make_edition, make_mailing, write_publication
from newsletter.address import Address
from newsletter.delivery.message import open_dkim_signer
from newsletter.delivery.message.build import build_template
from newsletter.delivery.models import Delivery
from newsletter.settings import DeliverySettings, read_settings
from newsletter.tokens import Keyring

MESSAGES = 20_000
SIGNED = 1_000


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        write_publication(Path(folder))
        settings = read_settings(Path(folder), {})
    edition = make_edition()
    template = build_template(edition, make_mailing(edition), settings, Keyring((b"k" * 32,)))
    readers = [
        Delivery(
            id=number,
            mailing_id=1,
            subscriber_id=number,
            recipient=Address(f"reader{number}", "bench.example"),
            first_name="Zoë" if number % 4 == 0 else "Ada",
            last_name="Brontë" if number % 8 == 0 else "Okafor",
            fields={},
        )
        for number in range(1, MESSAGES + 1)
    ]
    now = datetime.now(UTC)
    size = len(template.render(readers[0], now)[1])
    started, cpu = time.perf_counter(), time.process_time()
    for reader in readers:
        template.render(reader, now)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(f"assembling {MESSAGES:,} messages of {size / 1000:.1f} KB, envelope and three signed tokens included")
    print(f"  {MESSAGES / wall:,.0f} messages/s, {cpu / MESSAGES * 1e6:.1f} us CPU a message")
    message = template.render(readers[0], now)[1]
    for name, key in (
        ("rsa-sha256, 2048 bits", generate_private_key(65537, 2048)),
        ("ed25519-sha256", Ed25519PrivateKey.generate()),
    ):
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        signing = {
            "delivery": DeliverySettings.model_validate({"dkim": {"selector": "s1"}}),
            "dkim_key": SecretStr(text),
        }
        signer = open_dkim_signer(settings.model_copy(update=signing), next(iter(settings.lists)))
        assert signer is not None
        cpu = time.process_time()
        for _ in range(SIGNED):
            signer.sign(message)
        print(f"  signing with {name}: {(time.process_time() - cpu) / SIGNED * 1e6:.0f} us CPU a message more")


if __name__ == "__main__":
    main()
