"""What is kept of an HTML answer, by the marks that each client leaves."""

import pytest

from newsletter.replies.extract import extract

ANSWER = "Loved the ferries."
SAID = "On Mon, Mar 3, 2025 at 9:12 AM Tidal Notes &lt;<a href='mailto:n@example.org'>n@example.org</a>&gt; wrote:"
LETTER = "<p>The harbour wakes at five.</p><p>Nobody there owns an alarm clock.</p>"
OUTLOOK = (
    "<b>From:</b> Tidal Notes &lt;n@example.org&gt;<br><b>Sent:</b> Monday, March 3, 2025 9:12 AM<br>"
    "<b>To:</b> R<br><b>Subject:</b> Ferries"
)

CLIENTS = {
    "gmail": f"""
        <div dir='ltr'>{ANSWER}</div><br><div class='gmail_quote gmail_quote_container'><div
        class='gmail_attr'>{SAID}<br></div><blockquote class='gmail_quote'>{LETTER}</blockquote></div>
    """,
    "old gmail": f"""
        <div dir='ltr'>{ANSWER}</div><div class='gmail_extra'><br><div
        class='gmail_quote'>{SAID}<br><blockquote class='gmail_quote' style='border-left:1px #ccc
        solid'>{LETTER}</blockquote></div></div>
    """,
    "gmail with signature": f"""
        <div>{ANSWER}</div><div><br></div><span class='gmail_signature_prefix'>-- </span><br><div
        class='gmail_signature' data-smartmail='gmail_signature'>Jo Winter<br>Lighthouse</div><div
        class='gmail_quote'><div class='gmail_attr'>{SAID}</div><blockquote
        class='gmail_quote'>{LETTER}</blockquote></div>
    """,
    "apple mail": f"""
        <body>{ANSWER}<br id='lineBreakAtBeginningOfMessage'><div><br><blockquote
        type='cite'><div>{SAID}</div><br
        class='Apple-interchange-newline'><div>{LETTER}</div></blockquote></div></body>
    """,
    "iphone": f"""
        <body dir='auto'>{ANSWER}<br><br><div dir='ltr'>Sent from my iPhone</div><div
        dir='ltr'><br><blockquote type='cite'>{SAID}<br><br></blockquote></div><blockquote
        type='cite'>{LETTER}</blockquote></body>
    """,
    "outlook web": f"""
        <div class='elementToProof'>{ANSWER}</div><div id='appendonsend'></div><hr tabindex='-1'><div
        id='divRplyFwdMsg' dir='ltr'><font>{OUTLOOK}</font><div>&nbsp;</div></div>{LETTER}
    """,
    "outlook quoted through the web": f"""
        <div>{ANSWER}</div><div id='x_divRplyFwdMsg'>{OUTLOOK}</div>{LETTER}
    """,
    "outlook desktop": f"""
        <div class='WordSection1'><p class='MsoNormal'>{ANSWER}<o:p></o:p></p><div><div
        style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p
        class='MsoNormal'>{OUTLOOK}</p></div></div>{LETTER}</div>
    """,
    "outlook desktop, language unknown": f"""
        <p class='MsoNormal'>{ANSWER}</p><div style='border:none;border-top:solid #B5C4DF
        1.0pt;padding:3.0pt 0cm'><p><b>Szt:</b> Tidal Notes [mailto:n@example.org]<br><b>Kwu:</b>
        x<br></p></div>{LETTER}
    """,
    "outlook mac": f"""
        <div>{ANSWER}</div><span id='OLK_SRC_BODY_SECTION'><div>{OUTLOOK}</div>{LETTER}</span>
    """,
    "outlook mobile": f"""
        <div>{ANSWER}</div><div id='ms-outlook-mobile-signature'><div>Get <a href='https://aka.ms/x'>Outlook
        for Android</a></div></div><hr><div id='divRplyFwdMsg'>{OUTLOOK}</div>{LETTER}
    """,
    "new outlook": f"""
        <div>{ANSWER}</div><div
        id='mail-editor-reference-message-container'><div>{OUTLOOK}</div>{LETTER}</div>
    """,
    "yahoo": f"""
        <div>{ANSWER}</div><div id='ydpab12yahoo_quoted_77'
        class='yahoo_quoted'><div>{SAID}</div>{LETTER}</div>
    """,
    "proton": f"""
        <div>{ANSWER}</div><div class='protonmail_signature_block'><div>Sent with Proton
        Mail.</div></div><div class='protonmail_quote'>{SAID}<br><blockquote class='protonmail_quote'
        type='cite'>{LETTER}</blockquote></div>
    """,
    "thunderbird": f"""
        <p>{ANSWER}</p><div class='moz-cite-prefix'>On 3/3/25 09:12, Tidal Notes wrote:<br></div><blockquote
        type='cite' cite='mid:1@x'>{LETTER}</blockquote><div class='moz-signature'>-- <br>Jo</div>
    """,
    "fastmail": f"""
        <div>{ANSWER}<br></div><div><br></div><div>On Mon, 3 Mar 2025, at 9:12 AM, Tidal Notes
        wrote:<br></div><blockquote type='cite' id='qt'>{LETTER}</blockquote>
    """,
    "zoho": f"""
        <div>{ANSWER}</div><div class='zmail_extra'><div id='Zm-_Id_-Sgn1'>---- {SAID}
        ----<br></div><blockquote>{LETTER}</blockquote></div>
    """,
    "samsung": f"""
        <div>{ANSWER}</div><div id='composer_signature'><div>Sent from my Galaxy</div></div><div>--------
        Original message --------</div><div>From: Tidal Notes &lt;n@example.org&gt; </div><div>Date: 3/3/25
        09:12 </div>{LETTER}
    """,
    "k-9": f"""
        <div>{ANSWER}</div><div class='k9mail-signature'>-- <br>Sent from K-9 Mail.</div><div
        class='gmail_quote'>{SAID}<blockquote class='gmail_quote'>{LETTER}</blockquote></div>
    """,
    "roundcube": f"""
        <p>{ANSWER}</p><p id='reply-intro'>On 2025-03-03 09:12, Tidal Notes wrote:</p><blockquote
        type='cite'>{LETTER}</blockquote>
    """,
    "zimbra": f"""
        <div>{ANSWER}</div><hr id='zwchr' data-marker='__DIVIDER__'><div
        data-marker='__HEADERS__'>{OUTLOOK}</div><div data-marker='__QUOTED_TEXT__'>{LETTER}</div>
    """,
    "spark": f"""
        <div name='messageBodySection'>{ANSWER}</div><div name='messageSignatureSection'>Jo</div><div
        name='messageReplySection'>{SAID}<blockquote type='cite'>{LETTER}</blockquote></div>
    """,
    "airmail": f"""
        <div>{ANSWER}</div><div class='bloop_sign'>-- <br>Jo</div><p
        class='airmail_on'>{SAID}</p><blockquote type='cite' class='clean_bq'>{LETTER}</blockquote>
    """,
    "gmx": f"""
        <div>{ANSWER}</div><div name='quote' style='border-left:2px solid #C3D9E5'><div><b>Gesendet:</b> 3.
        März 2025<br><b>Von:</b> Tidal Notes &lt;n@example.org&gt;<br><b>An:</b> R<br><b>Betreff:</b>
        X</div>{LETTER}</div>
    """,
    "qq": f"""
        <div>{ANSWER}</div><div><br></div><div>------------------ 原始邮件
        ------------------</div><div><b>发件人:</b> Tidal Notes &lt;n@example.org&gt;<br><b>发送时间:</b>
        2025年3月3日<br><b>收件人:</b> R</div>{LETTER}
    """,
    "yandex": f"""
        <div>{ANSWER}</div><div>03.03.2025, 09:12, "Tidal Notes"
        &lt;n@example.org&gt;:</div><blockquote>{LETTER}</blockquote>
    """,
    "windows mail": f"""
        <div>{ANSWER}</div><div style="border-top-color: rgb(229, 229, 229); border-top-width: 1px;
        border-top-style: solid;"><strong>From:</strong> n@example.org<br><strong>Sent:</strong> March 3<br></div>
        {LETTER}
    """,
    "attribution within a plain blockquote": f"""
        {ANSWER}<blockquote><div>{SAID}</div>{LETTER}</blockquote>
    """,
    "plain blockquote at the end": f"""
        <div>{ANSWER}</div><blockquote>{LETTER}{LETTER}<p>And so on.</p></blockquote>
    """,
    "attribution without colon mark": f"""
        <div>{ANSWER}</div><div>{SAID}</div><blockquote style='margin:0'>{LETTER}</blockquote>
    """,
}


@pytest.mark.parametrize("html", CLIENTS.values(), ids=CLIENTS)
def test_each_clients_answer_stands_alone(html: str) -> None:
    assert extract("", f"<html><head></head>{html}</html>").text == ANSWER


def test_answers_between_a_cited_letter_keep_the_lines_they_answer() -> None:
    html = (
        f"<div class='moz-cite-prefix'>{SAID}</div><blockquote type='cite'><p>Wakes at five.</p></blockquote>"
        "<p>At four.</p><blockquote type='cite'><p>No alarm clock.</p></blockquote><p>I own one.</p>"
    )
    assert extract("", html).text == "> Wakes at five.\n\nAt four.\n\n> No alarm clock.\n\nI own one."


def test_an_answer_below_a_cited_letter_stands_alone() -> None:
    html = f"<div class='moz-cite-prefix'>{SAID}</div><blockquote type='cite'>{LETTER}</blockquote><p>{ANSWER}</p>"
    assert extract("", html).text == ANSWER


def test_a_quotation_made_by_the_writer_survives() -> None:
    html = "<div>My favourite:</div><blockquote>Nobody there owns an alarm clock.</blockquote><div>Ha.</div>"
    assert extract("", html).text == "My favourite:\n\n> Nobody there owns an alarm clock.\n\nHa."


def test_what_is_hidden_or_alive_is_no_text() -> None:
    html = (
        "<style>p{}</style><script>alert(1)</script><div style='display: none'>secret <p>deep</p></div>"
        "<p hidden>gone</p>"
        "<p onclick='x()'>Seen &lt;b&gt;.</p><img src='https://t.example/p.gif' alt='pixel'><!-- no -->"
    )
    assert extract("", html).text == "Seen <b>."


def test_structure_becomes_lines_and_paragraphs() -> None:
    html = "<p>One<br>two</p><p>three</p><ul><li>a</li><li>b</li></ul><pre>x\n  y</pre><div>four <b>bold</b></div>"
    assert extract("", html).text == "One\ntwo\n\nthree\n\n- a\n- b\n\nx\n  y\n\nfour bold"


def test_an_emoji_that_is_a_picture_stays() -> None:
    assert extract("", "<p>Yes <img alt='🎉' src='x'></p>").text == "Yes 🎉"


def test_the_html_is_asked_where_the_text_shows_no_quotation() -> None:
    text = f"{ANSWER}\n\nThe harbour wakes at five.\n\nNobody there owns an alarm clock."
    assert extract(text, CLIENTS["gmail"]).text == ANSWER
    assert extract(text, f"<p>{ANSWER}</p>{LETTER}").text == text
