"""Patterns of automatic messages: header names, senders, and subjects in many languages."""

import re

DAEMONS = re.compile(
    r"^(?:mailer[-_.]?daemon|post[-_.]?master|mail[-_.]?daemon|mailerdaemon|mdaemon|double-bounce"
    r"|bounces?)(?:$|@|[+-])"
)
BOUNCE_SUBJECT = re.compile(
    r"^(?:undeliver(?:ed|able)|delivery (?:status notification|failure|error|report|notification|has failed"
    r"|problem)"
    r"|(?:mail|message) (?:delivery|could not be delivered|undeliverable|not delivered|system error)"
    r"|returned mail(?=\s*(?:[:;(]|$))|mail delivery (?:fail|problem|status|system|subsystem|error"
    r"|notif|return|report|warn)"
    r"|failure notice|(?:non[- ]?deliver\w*|ndr)\b|could not (?:send|deliver) message|unzustellbar"
    r"|delivery failed|rejected mail"
    r"|(?:relayed|expanded):|\W{0,3}message you sent blocked|mail failure|delayed mail"
    r"|(?:warning: )?message \S{1,40} delayed"
    r"|nondeliverable|unable to deliver|warning: could not send|mail error|automatically rejected mail"
    r"|message status"
    r"|zustellung fehlgeschlagen|nicht zustellbar|non remis|échec de la remise|no se puede entregar"
    r"|mancata consegna"
    r"|notificación de estado|não entregue|niet bezorgd|kan niet worden bezorgd|wiadomość niedostarczona"
    r"|не доставлено"
    r"|недоставленное|退信|未送达|系统退信|配信不能|配信エラー|メール送信エラー|전송 실패|undelivered mail"
    r"|message delivery failure"
    r"|there was an error sending your mail|your message (?:to .{0,60} )?(?:couldn't"
    r"|could not) be delivered|e-?mail rejected)",
    re.IGNORECASE,
)
AUTO_SUBJECT = re.compile(
    r"^[\[【(]?(?:auto(?:matic|mated|matische|matisch)?[- ]?(?:reply|response|antwort|responder|svar|antwoord)"
    r"|out of (?:the )?office"
    r"|auto:\s?(?:re|aw)\b|(?:automatische )?abwesenheits\w*|abwesenheit\b|abwesend\b"
    r"|réponse automatique|respuesta automática|resposta automática"
    r"|risposta automatica|fuori sede"
    r"|automatisch antwoord|automaattinen vastaus|autosvar|automatisk svar|automatiskt svar|frånvaro|fravær"
    r"|odpowiedź automatyczna"
    r"|automatická odpověď|автоответ|автоматический ответ|автоматична відповідь|otomatik yanıt"
    r"|automatikus válasz|răspuns automat"
    r"|自动回复|自動回覆|自動応答|自動返信|자동 응답|자동회신|vacation (?:reply|response|notice)"
    r"|away from (?:the )?office"
    r"|absence du bureau|absent du bureau|fuera de la oficina|ooo:|odgovor|αυτόματη απάντηση|מענה אוטומטי"
    r"|رد تلقائي|رد آلي|پاسخ خودکار|automatyczna odpowiedź|automatická odpoveď|автоматичен отговор"
    r"|automatski odgovor|аутоматски одговор|samodejni odgovor|automatinis atsakymas|automātiskā atbilde"
    r"|automaatvastus|resposta automàtica|erantzun automatikoa|자동 회신|자동회답|自动答复|自動回答|תשובה אוטומטית"
    r"|trả lời tự động|thư trả lời tự động|ตอบกลับอัตโนมัติ|การตอบกลับอัตโนมัติ|balasan otomatis"
    r"|balasan automatik"
    r"|स्वचालित उत्तर|स्वतः उत्तर|message d'absence|afwezigheids\w*|afwezig\b"
    r"|ausência (?:do escritório|temporária)"
    r"|mensaje de ausencia|messaggio di assenza|poissaoloilmoitus|nieobecność w (?:pracy|biurze)|poza biurem"
    r"|mimo kancelář|ofis dışında|вне офиса|нет в офисе|不在通知|不在のお知らせ|부재중|자동응답|自動応答メール)"
    r"\s*(?:[:：;,.!)\]】–-]|$|re\b|aw\b|from\b|until\b|till\b|bis\b|vom\b|jusqu|du\b|hasta\b|fino\b|tot\b"
    r"|reply|message|notice|notif)",
    re.IGNORECASE,
)
AWAY_SUBJECT = re.compile(r"\bis out of the office\W{1,3}(?:returning|until|from)\b", re.IGNORECASE)
"""Notes and Domino put the person's name first."""
READ_SUBJECT = re.compile(
    r"^(?:(?:not )?read|gelesen|ungelesen|lu|non lu|leído|no leído|letto|lido|gelezen|læst|lest|läst|luettu"
    r"|przeczytano|přečteno"
    r"|прочитано|прочтено|okundu|已读|開封済み|읽음)\s?[:：]",
    re.IGNORECASE,
)
READ_LABEL = re.compile(r"^[ \t]*[^\W\d_][\w ]{0,14}\s?[:：]\s", re.MULTILINE)
"""A receipt names the message by labelled lines; a person who writes of reading does not."""
READ_WORDS = re.compile(
    r"your message\b.{0,300}?\bwas (?:read|deleted|displayed)|ihre nachricht.{0,300}?gelesen"
    r"|votre message.{0,300}?\blu\b"
    r"|su mensaje.{0,300}?leído|il messaggio.{0,300}?letto|uw bericht.{0,300}?gelezen"
    r"|sua mensagem.{0,300}?lida",
    re.IGNORECASE | re.DOTALL,
)
COMPLAINT_SUBJECT = re.compile(r"^(?:complaint about message from \W?\d|e-?mail feedback report for)", re.IGNORECASE)
REPORT_SUBJECT = re.compile(r"^(?:(?:abuse|spam) (?:report|complaint)|complaint about|fbl\b)", re.IGNORECASE)
"""The same where the mail complained of is enclosed."""
ENHANCED_STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])|(?<!\d)5[0-5]\d[ -](?:#?\d\.\d\.\d|[A-Z<])")
FAILED_ADDRESS = re.compile(r"^[ \t]{0,8}<?[^\s<>@]{1,64}@[^\s<>@]{1,255}>?:?[ \t]*$", re.MULTILINE)
"""A line with nothing but an address, as mail systems name whom they could not reach."""
BOUNCE_WORDS = re.compile(
    r"could not be delivered|couldn't be delivered|was not delivered|undeliverable"
    r"|delivery (?:to the following|has failed|failed)"
    r"|permanent(?:ly)? (?:fatal )?(?:error|fail)|user unknown|unknown user|mailbox (?:unavailable|full"
    r"|not found)|no such user"
    r"|does not exist|returned (?:to sender|message)|rejected|undelivered|over quota|failed addresses"
    r"|not listed in|didn't deliver|not (?:yet )?been delivered|delivery (?:is|was|has been) delayed"
    r"|was blocked by|wasn't able to deliver|created automatically by mail delivery software"
    r"|не может быть доставлен"
    r"|не удалось доставить|(?:nicht|konnte nicht) zugestellt|nicht erreicht"
    r"|n'a pas pu être (?:remis|livré|distribué)"
    r"|no se (?:pudo|ha podido) entregar|non è stato (?:possibile )?(?:consegna|recapita)|não pôde ser entregue"
    r"|niet (?:worden )?(?:bezorgd|afgeleverd)|退回|无法投递|配信できません|전송되지 못"
    r"|original message follows|unable to deliver|failed recipient",
    re.IGNORECASE,
)
AUTO_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-auto-reply",
    "x-autoreply-from",
    "x-autogenerated",
    "x-mail-autoreply",
    "x-auto-reply-from",
    "x-auto-submitted",
    "x-fc-machinegenerated",
)


UNREAD = re.compile(r"^(?:no|do[-_.]?not)[-_.]?reply(?:$|[@+])")
LIST_HEADERS = (
    "list-id",
    "list-post",
    "list-help",
    "list-subscribe",
    "list-unsubscribe",
    "mailing-list",
    "x-mailing-list",
    "x-beenthere",
    "x-mailman-version",
    "feedback-id",
)
