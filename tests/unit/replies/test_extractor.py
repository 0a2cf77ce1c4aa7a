"""What is kept of a plain-text answer, whatever the client and the language."""

import pytest

from newsletter.replies.extract import KnownText, extract

ANSWER = "The chapter on ferries made me late for mine."
LETTER = "The harbour wakes at five.\nNobody there owns an alarm clock."
QUOTED = "> The harbour wakes at five.\n> Nobody there owns an alarm clock."

ATTRIBUTIONS = {
    "gmail": "On Mon, Mar 3, 2025 at 9:12 AM Tidal Notes <notes@example.org> wrote:",
    "gmail wrapped": "On Mon, Mar 3, 2025 at 9:12 AM Tidal Notes by Ada <\nnotes@example.org> wrote:",
    "apple": "On Mar 3, 2025, at 09:12, Tidal Notes <notes@example.org> wrote:",
    "thunderbird": "On 3/3/25 09:12, Tidal Notes wrote:",
    "proton": "On Monday, March 3rd, 2025 at 9:12 AM, Tidal Notes <notes@example.org> wrote:",
    "zoho": "---- On Mon, 03 Mar 2025 09:12:00 +0000 notes@example.org wrote ----",
    "mutt": "* Tidal Notes <notes@example.org> [2025-03-03 09:12]:",
    "gnus": "Tidal Notes <notes@example.org> writes:",
    "fastmail": "On Mon, 3 Mar 2025, at 9:12 AM, Tidal Notes wrote:",
    "horde": "Quoting Tidal Notes <notes@example.org>:",
    "de": "Am Mo., 3. März 2025 um 09:12 Uhr schrieb Tidal Notes <notes@example.org>:",
    "de apple": "Am 03.03.2025 um 09:12 schrieb Tidal Notes <notes@example.org>:",
    "fr": "Le lun. 3 mars 2025 à 09:12, Tidal Notes <notes@example.org> a écrit :",
    "es": "El lun, 3 mar 2025 a las 9:12, Tidal Notes (<notes@example.org>) escribió:",
    "it": "Il giorno lun 3 mar 2025 alle ore 09:12 Tidal Notes <notes@example.org> ha scritto:",
    "pt": "Em seg., 3 de mar. de 2025 às 09:12, Tidal Notes <notes@example.org> escreveu:",
    "nl": "Op ma 3 mrt 2025 om 09:12 schreef Tidal Notes <notes@example.org>:",
    "sv": "Den mån 3 mars 2025 kl 09:12 skrev Tidal Notes <notes@example.org>:",
    "da": "Den man. 3. mar. 2025 kl. 09.12 skrev Tidal Notes <notes@example.org>:",
    "nb": "man. 3. mars 2025 kl. 09:12 skrev Tidal Notes <notes@example.org>:",
    "fi": "ma 3. maalisk. 2025 klo 9.12 Tidal Notes (notes@example.org) kirjoitti:",
    "pl": "pon., 3 mar 2025 o 09:12 Tidal Notes <notes@example.org> napisał(a):",
    "cs": "po 3. 3. 2025 v 9:12 odesílatel Tidal Notes <notes@example.org> napsal:",
    "hu": "Tidal Notes <notes@example.org> ezt írta (időpont: 2025. márc. 3., H, 9:12):",
    "ro": "În lun., 3 mar. 2025 la 09:12, Tidal Notes <notes@example.org> a scris:",
    "tr": "Tidal Notes <notes@example.org>, 3 Mar 2025 Pzt, 09:12 tarihinde şunu yazdı:",
    "el": "Στις Δευ 3 Μαρ 2025 στις 9:12 π.μ., ο/η Tidal Notes <notes@example.org> έγραψε:",
    "ru": "пн, 3 мар. 2025 г. в 09:12, Tidal Notes <notes@example.org>:",
    "uk": "пн, 3 бер. 2025 р. о 09:12 Tidal Notes <notes@example.org> пише:",
    "bg": "На пн, 3.03.2025 г. в 9:12 Tidal Notes <notes@example.org> написа:",
    "he": "\u202bבתאריך 3 במרץ 2025 ב-9:12 מאת \u202aTidal Notes\u202c\u200f <notes@example.org>:\u202c",
    "ar": "في الاثنين، ٣ مارس ٢٠٢٥ في ٩:١٢ ص تمت كتابة ما يلي بواسطة Tidal Notes <notes@example.org>:",
    "ja": "2025年3月3日(月) 9:12 Tidal Notes <notes@example.org>:",
    "zh": "Tidal Notes <notes@example.org> 于2025年3月3日周一 09:12写道：",
    "ko": "2025년 3월 3일 (월) 오전 9:12, Tidal Notes <notes@example.org>님이 작성:",
    "vi": "Vào Th 2, 3 thg 3, 2025 vào lúc 09:12 Tidal Notes <notes@example.org> đã viết:",
    "id": "Pada tanggal Sen, 3 Mar 2025 pukul 09.12 Tidal Notes <notes@example.org> menulis:",
    "th": "ในวันที่ จ. 3 มี.ค. 2025 เวลา 09:12 Tidal Notes <notes@example.org> เขียนว่า:",
    "ca": "Missatge de Tidal Notes <notes@example.org> del dia dl., 3 de març 2025 a les 9:12:",
}

FROM = "Tidal Notes <notes@example.org>"
HEADER_BLOCKS = {
    "en": f"From: {FROM}\nSent: Monday, March 3, 2025 9:12 AM\nTo: Reader\nSubject: Ferries",
    "en drawn": "-----Original Message-----\nFrom: Tidal Notes\nSent: March 3, 2025\nTo: R\nSubject: Ferries",
    "en bold": f"*From:* {FROM}\n*Date:* Monday, 3 March 2025 at 09:12\n*To:* R\n*Subject:* Ferries",
    "line above": f"________________\nFrom: {FROM}\nSent: 3 March 2025\nTo: R",
    "de": f"Von: {FROM}\nGesendet: Montag, 3. März 2025 09:12\nAn: R\nBetreff: Fähren",
    "fr": f"De : {FROM}\nEnvoyé : lundi 3 mars 2025 09:12\nÀ : R\nObjet : Ferries",
    "es": f"De: {FROM}\nEnviado: lunes, 3 de marzo de 2025 9:12\nPara: R\nAsunto: Ferris",
    "it": f"Da: {FROM}\nInviato: lunedì 3 marzo 2025 09:12\nA: R\nOggetto: Traghetti",
    "pt": f"De: {FROM}\nEnviada em: segunda-feira, 3 de março de 2025\nPara: R\nAssunto: X",
    "nl": f"Van: {FROM}\nVerzonden: maandag 3 maart 2025 09:12\nAan: R\nOnderwerp: Veren",
    "sv": f"Från: {FROM}\nSkickat: den 3 mars 2025 09:12\nTill: R\nÄmne: Färjor",
    "da": f"Fra: {FROM}\nSendt: 3. marts 2025 09:12\nTil: R\nEmne: Færger",
    "fi": f"Lähettäjä: {FROM}\nLähetetty: 3. maaliskuuta 2025 9:12\nVastaanottaja: R\nAihe: X",
    "pl": f"Od: {FROM}\nWysłano: poniedziałek, 3 marca 2025 09:12\nDo: R\nTemat: Promy",
    "cs": f"Od: {FROM}\nOdesláno: pondělí 3. března 2025 9:12\nKomu: R\nPředmět: X",
    "hu": f"Feladó: {FROM}\nElküldve: 2025. március 3., hétfő 9:12\nCímzett: R\nTárgy: X",
    "tr": f"Kimden: {FROM}\nGönderildi: 3 Mart 2025 Pazartesi 09:12\nKime: R\nKonu: X",
    "el": f"Από: {FROM}\nΣτάλθηκε: Δευτέρα, 3 Μαρτίου 2025\nΠρος: R\nΘέμα: X",
    "ru": f"От: {FROM}\nОтправлено: 3 марта 2025 г. 9:12\nКому: R\nТема: X",
    "uk": f"Від: {FROM}\nНадіслано: 3 березня 2025 р. 9:12\nКому: R\nТема: X",
    "ar": f"من: {FROM}\nتم الإرسال: 3 مارس 2025\nإلى: R\nالموضوع: X",
    "he": f"מאת: {FROM}\nנשלח: 3 במרץ 2025\nאל: R\nנושא: X",
    "ja": f"差出人: {FROM}\n送信日時: 2025年3月3日 9:12\n宛先: R\n件名: X",
    "zh": f"发件人: {FROM}\n发送时间: 2025年3月3日 9:12\n收件人: R\n主题: X",
    "ko": f"보낸 사람: {FROM}\n보낸 날짜: 2025년 3월 3일\n받는 사람: R\n제목: X",
    "unknown language": f"Szt: {FROM}\nKwu: 3 x 2025 09:12\nBlu: R\nVro: X",
}

ENDINGS = [
    "Sent from my iPhone",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Von meinem iPhone gesendet",
    "Gesendet mit der mobilen Mail App",
    "Envoyé de mon iPhone",
    "Envoyé à partir d’Outlook pour Android",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Skickat från min iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Wysłane z iPhone'a",
    "Odesláno z iPhonu",
    "Отправлено с iPhone",
    "Надіслано з iPhone",
    "iPhone'umdan gönderildi",
    "iPhoneから送信",
    "发自我的iPhone",
    "從我的 iPhone 傳送",
    "나의 iPhone에서 보냄",
    "Sent with Proton Mail secure email.",
    "네이버 메일 앱에서 보냄",
    "Đã gửi từ iPhone của tôi",
    "קבל את Outlook עבור Android",
    "Λήψη του Outlook για Android",
    "Outlook for Android を入手する",
    "Obțineți Outlook pentru iOS",
    "Android için Outlook'u edinin",
    "来自 Outlook for iOS",
    "Dapatkan Outlook untuk Android",
    "-- \nJo Winter\nKeeper of the north light",
    "--\nJo Winter",
    "-Jo Winter",
    "Jo Winter\nKeeper, Example Ltd\n+44 20 7946 0018\nwww.example.net",
    "Best regards,\nJo Winter\nHead of Ferries, Example Ltd\n+44 20 7946 0018",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_an_answer_above_a_quotation_stands_alone(attribution: str) -> None:
    assert extract(f"{ANSWER}\n\n{attribution}\n\n{QUOTED}\n").text == ANSWER


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_an_answer_below_a_quotation_stands_alone(attribution: str) -> None:
    assert extract(f"{attribution}\n{QUOTED}\n\n{ANSWER}\n").text == ANSWER


@pytest.mark.parametrize("block", HEADER_BLOCKS.values(), ids=HEADER_BLOCKS)
def test_a_header_block_ends_the_answer(block: str) -> None:
    assert extract(f"{ANSWER}\n\n{block}\n\n{LETTER}\n").text == ANSWER


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_a_client_or_habit_adds_below_is_cut(ending: str) -> None:
    assert extract(f"{ANSWER}\n\n{ending}\n\n{ATTRIBUTIONS['gmail']}\n\n{QUOTED}\n").text == ANSWER


def test_answers_between_quoted_lines_keep_the_lines_they_answer() -> None:
    mail = f"""{ATTRIBUTIONS["thunderbird"]}
> The harbour wakes at five.

At four, in winter.

> Nobody there owns an alarm clock.

I do.

> Good night.
"""
    assert extract(mail).text == (
        "> The harbour wakes at five.\n\nAt four, in winter.\n\n> Nobody there owns an alarm clock.\n\nI do."
    )


@pytest.mark.parametrize(
    "text",
    [
        "On Tuesday my brother read it aloud and wrote: more of this.\n\nSo do I.",
        "From: the heart.\n\nTo: whom it may concern, I loved it.",
        "It arrived on 3 March 2025 at 09:12:\n\nexactly when I needed it.",
        "My list:\n\n- ferries\n- tide tables\n- rope",
        "I sent this from my phone app while queueing.\n\nThe queue was long.",
        "Best wishes from\nJo",
        "Kind regards\n\nJo Winter",
        "Two things -- both small -- to say.",
        "She wrote:\n\nThe sea does not care.\n\nAnd I agree.",
        "a | b\n1 | 2\n3 | 4",
        "For the raffle:\n\nName: Jo\nMail: jo at home\nDate: 2025-03-03 10:00\nRoom: 5",
        "Loved it.\n\n— Maria",
        "In 1923 Rilke wrote:\n\nYou must change your life.",
        "On 3 March 1923 he wrote:\n\nYou must change your life.\n\nIndeed.",
        "Three places:\n\nPorto Velho\nSan Juan\nhttps://example.net/x",
        "-----------\nName: Foo\nPlan: Bar\nPrice: 10\n\nthanks",
    ],
)
def test_a_writers_own_words_survive(text: str) -> None:
    assert extract(text).text == text


@pytest.mark.parametrize(
    "divider",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "Anfang der weitergeleiteten Nachricht:",
        "---------- Message transféré ---------",
        "-------- Пересылаемое сообщение --------",
    ],
)
def test_a_forwarded_mail_is_dropped_and_said_to_be_one(divider: str) -> None:
    extraction = extract(f"Look at this.\n\n{divider}\nFrom: Somebody <s@example.net>\n\nPrivate words.")
    assert extraction.text == "Look at this."
    assert extraction.is_forward


def test_what_was_cut_is_told_with_its_reason() -> None:
    cuts = extract(f"{ANSWER}\n\nSent from my iPhone\n\n{ATTRIBUTIONS['apple']}\n{QUOTED}").cuts
    assert [cut.reason for cut in cuts] == ["mobile signature", "quotation"]
    assert "alarm clock" in cuts[1].text


def test_the_text_we_sent_is_known_without_any_mark() -> None:
    letter = "Hello reader,\n\nThe harbour wakes at five\nand nobody there owns an alarm clock.\n\nBye"
    known = KnownText.of(letter)
    assert extract(f"{ANSWER}\n\n{letter}", known=known).text == ANSWER
    assert extract(f"{letter.removesuffix('Bye')}{ANSWER}", known=known).text == ANSWER


def test_words_of_ours_within_a_writers_sentence_stay() -> None:
    known = KnownText.of("The harbour wakes at five and nobody there owns an alarm clock.")
    text = "You say nobody there owns an alarm clock, but my aunt Ethel, who lived there, had seven of them."
    assert extract(text, known=known).text == text


def test_nothing_is_made_of_nothing() -> None:
    assert extract("").text == ""
    assert extract(" \n\n ").text == ""
    assert extract("", "<p></p>").text == ""
