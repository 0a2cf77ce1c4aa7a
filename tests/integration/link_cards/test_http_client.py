"""What is fetched is public, bounded, and what it says it is."""

import gzip
import io
import socket
import struct
import threading
import time
import zlib

import pytest
from PIL import Image

from newsletter.link_cards import FetchError, HttpClient
from newsletter.link_cards.address_guard import is_public, resolve_target
from tests.integration.link_cards.conftest import Page

HERE = HttpClient(allowed=["127.0.0.1"], seconds=1.5)


def get(url, web=HERE, most=10_000, **how):
    return web.get(url, max_bytes=most, accept="text/html", **how)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1", "::127.0.0.1",
    ],
)  # fmt: skip
def test_an_address_that_not_everybody_can_reach_is_not_public(address):
    assert not is_public(address)
    with pytest.raises(FetchError, match="not a public address"):
        resolve_target("https://harmless.example/", getaddrinfo=lambda *_, **__: [(0, 0, 0, "", (address, 443))])


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_an_address_that_everybody_can_reach_is_public(address):
    assert is_public(address)


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    found = [(0, 0, 0, "", ("93.184.216.34", 80)), (0, 0, 0, "", ("10.0.0.1", 80))]
    with pytest.raises(FetchError, match=r"10\.0\.0\.1"):
        resolve_target("http://mixed.example/", getaddrinfo=lambda *_, **__: found)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://e.example/", "gopher://e.example/", "data:text/html,x", "//e.example/", "http://",
        "http:///x", "http://user:secret@127.0.0.1/", "http://127.0.0.1\\@e.example/", "http://127.0.0.1\t/",
        "http://[::1", "http://127.0.0.1:99999/", "http://a b.example/", "http://[fe80::1%25lo]/",
        f"http://e.example/{'x' * 3000}",
        "http://\u2024\u2024/", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_anything_but_a_plain_web_url_is_refused(url):
    with pytest.raises(FetchError):
        resolve_target(url, allowed=["127.0.0.1"])


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0"])
def test_no_spelling_of_this_machine_is_reached(site, host):
    port = site.base.rpartition(":")[2]
    for url in (f"http://{host}:{port}/", f"http://{host}/"):
        with pytest.raises(FetchError):
            get(url, HttpClient(seconds=1.5))
    assert site.asked == []


def test_only_the_usual_ports_are_fetched_from():
    with pytest.raises(FetchError, match="ports 80 and 443"):
        resolve_target("http://e.example:6379/", getaddrinfo=lambda *_, **__: [(0, 0, 0, "", ("93.184.216.34", 6379))])


@pytest.mark.parametrize(
    "to",
    ["http://127.0.0.2:PORT/secret", "http://localhost:PORT/secret", "file:///etc/passwd", "//127.0.0.2:PORT/"],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_private_address_is_not_followed(site, to, status):
    port = site.base.rpartition(":")[2]
    site.pages["/go"] = Page(status=status, headers={"Location": to.replace("PORT", port)})
    with pytest.raises(FetchError):
        get(f"{site.base}/go")
    assert site.asked == ["/go"]


def test_a_redirect_is_followed_and_its_address_kept(site):
    site.page("/b", "<title>B</title>")
    site.pages["/a"] = Page(status=302, headers={"Location": "/b?x=1#frag"})
    assert get(f"{site.base}/a").url == f"{site.base}/b?x=1"


def test_redirects_in_a_circle_end(site):
    site.pages["/a"] = Page(status=302, headers={"Location": "/a"})
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        get(f"{site.base}/a")
    assert len(site.asked) == 6


def test_a_name_that_changes_its_meaning_leads_nowhere_else(site):
    """The name is looked up once a request, and what was judged is connected to."""
    port = int(site.base.rpartition(":")[2])
    asked = []

    def getaddrinfo(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, 0, 0, "", ("127.0.0.1" if len(asked) == 1 else "127.0.0.99", port))]

    site.page("/", "<title>T</title>")
    web = HttpClient(allowed=["rebind.example"], seconds=2, getaddrinfo=getaddrinfo)
    assert get(f"http://rebind.example:{port}/", web).content
    assert asked == ["rebind.example"]
    assert site.headers[0]["Host"] == f"rebind.example:{port}"


def test_nothing_tells_who_asks(site):
    site.page("/", "<title>T</title>")
    get(f"{site.base}/")
    assert not {"Cookie", "Authorization", "Referer"} & set(site.headers[0])


def test_too_much_is_cut_or_refused(site):
    site.pages["/huge"] = Page(content=b"<p>" + b"x" * 5_000_000)
    assert len(get(f"{site.base}/huge", may_be_truncated=True).content) == 10_000
    with pytest.raises(FetchError, match="sends more than"):
        get(f"{site.base}/huge")


@pytest.mark.parametrize("packed", [gzip.compress, zlib.compress])
def test_a_packed_page_is_unpacked_no_further_than_needed(site, packed):
    name = "gzip" if packed is gzip.compress else "deflate"
    site.pages["/bomb"] = Page(content=packed(b"\0" * 200_000_000), headers={"Content-Encoding": name})
    begun = time.monotonic()
    client = HttpClient(allowed=["127.0.0.1"], seconds=20)
    assert len(get(f"{site.base}/bomb", client, may_be_truncated=True).content) == 10_000
    assert time.monotonic() - begun < 60
    site.pages["/page"] = Page(content=packed(b"<title>T</title>"), headers={"Content-Encoding": name})
    assert get(f"{site.base}/page").content == b"<title>T</title>"


def test_a_body_that_drips_is_given_up(site):
    site.pages["/slow"] = Page(content=b"x" * 1000, drip=0.2)
    begun = time.monotonic()
    with pytest.raises(FetchError, match="takes too long"):
        get(f"{site.base}/slow")
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 200 OK\r\nX-A: b\r\n"])
def test_a_server_that_is_silent_or_sends_headers_slowly_times_out(scheme, says):
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            line, _ = server.accept()
            with line:
                line.sendall(says)
                while not stop.wait(0.2):
                    try:
                        line.sendall(b"X" if says else b"")
                    except OSError:
                        return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(FetchError):
            get(f"{scheme}://127.0.0.1:{server.getsockname()[1]}/")
        assert time.monotonic() - begun < 60
        stop.set()
        thread.join()


def test_a_truncated_body_is_an_error(site):
    site.pages["/short"] = Page(content=b"<p>", headers={"Content-Length": "100"})
    with pytest.raises(FetchError):
        get(f"{site.base}/short")


def test_a_certificate_for_another_name_is_refused(tmp_path, monkeypatch):
    import ssl

    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("right.example").configure_cert(context)
    names = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    def serve(server):
        for _ in range(2):
            line, _ = server.accept()
            try:
                with context.wrap_socket(line, server_side=True) as tls:
                    tls.recv(4096)
                    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            except OSError:
                line.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        here = [(socket.AF_INET, 0, 0, "", ("127.0.0.1", port))]
        web = HttpClient(allowed=["right.example", "wrong.example"], seconds=5, getaddrinfo=lambda *_, **__: here)
        assert get(f"https://right.example:{port}/", web).content == b"hi"
        with pytest.raises(FetchError, match="certificate"):
            get(f"https://wrong.example:{port}/", web)
        thread.join()
    assert names == ["right.example", "wrong.example"]


def bomb():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def cut_short():
    out = io.BytesIO()
    Image.effect_noise((400, 400), 50).save(out, "JPEG")
    return out.getvalue()[:3000]


def pixel():
    out = io.BytesIO()
    Image.new("RGB", (1, 1)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html>not a picture</html>", "not a picture that can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture that can be read"),
        (b"", "not a picture that can be read"),
        (bomb(), "too many pixels"),
        (cut_short(), "damaged"),
        (pixel(), "only 1 by 1 pixels"),
        (b"\xff\xd8" + b"x" * (21 * 2**20), "sends more than 20 MB"),
    ],
    ids=["html", "svg", "nothing", "bomb", "cut short", "pixel", "huge"],
)
def test_a_file_that_only_claims_to_be_a_picture_is_not_written(desk, site, content, why):
    site.pages["/lamp.jpg"] = Page(content=content, kind="image/jpeg")
    url = site.page("/", '<meta property="og:title" content="T"><meta property="og:image" content="/lamp.jpg">')
    [card] = desk.fill(f"::: card {url}\n:::\n")
    assert why in str(card.finding)
    assert dict(card.fields) == {"title": "T"}
    assert desk.pictures == []


def test_the_next_picture_is_used_if_the_first_fails(desk, site):
    site.picture("/two.png")
    head = '<title>T</title><meta property="og:image" content="/one.png"><meta name="twitter:image" content=/two.png>'
    [card] = desk.fill(f"::: card {site.page('/', head)}\n:::\n")
    assert card.finding is None
    assert desk.pictures == ["t.jpg"]


def test_a_fetched_picture_is_written_without_metadata(desk, site):
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    site.picture("/lamp.jpg", exif=exif, comment=b"secret")
    desk.fill(f"::: card {site.page('/', '<title>T</title><meta property=og:image content=/lamp.jpg>')}\n:::\n")
    content = (desk.path.parent / "t.jpg").read_bytes()
    assert b"secret" not in content
    assert b"A camera" not in content


@pytest.mark.parametrize("content", [b"%PDF-1.7\0\0", b"\x89PNG\r\n\0", b"plain words"])
def test_a_response_that_only_claims_to_be_a_page_makes_no_card(desk, site, content):
    site.pages["/x"] = Page(content=content)
    [card] = desk.fill(f"::: card {site.base}/x\n:::\n")
    assert "instead of a page" in str(card.finding)
