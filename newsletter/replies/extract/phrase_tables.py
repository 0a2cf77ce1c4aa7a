"""Phrase tables: by which phrases mail programs mark what the sender did not write, in many languages.

All in the form that `folded` gives: lower case, without accents on Latin letters.
"""

import re
import unicodedata

_MARKS = re.compile("[\u0300-\u036f]")


def fold(text: str) -> str:
    """Return `text` in lower case without accents, for comparing words."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", text.casefold())))


def phrase_set(written: str) -> frozenset[str]:
    """Return the folded phrases of a table written with `|` and line ends between them."""
    return frozenset(fold(word.strip()) for line in written.split("\n") for word in line.split("|") if word.strip())


LABELS: dict[str, frozenset[str]] = {
    "from": phrase_set(
        """from|von|de|da|van|fra|från|från:|lähettäjä|od|nadawca|от|от кого|від|kimden|gönderen|من|מאת|από
        feladó
        expéditeur|remitente|mittente|remetente|afzender|avsändare|afsender|avsender|absender|от кого:|de la
        šalje
        pošiljatelj|saatja|no|nuo|发件人|寄件者|寄件人|差出人|送信者|보낸 사람|보낸사람|từ|người gửi|dari|จาก
        प्रेषक|от:
        expeditor|odesílatel|odosielateľ|отправитель|відправник|fra:|message de|emetteur|feladó:|sender|desde
        frá|siuntejas"""
    ),
    "sent": phrase_set(
        """sent|gesendet|envoyé|envoyé le|enviado|enviada|enviado el|enviada em|enviado em|inviato|verzonden
        sendt
        skickat|lähetetty|wysłano|wysłane|odesláno|отправлено|надіслано|gönderildi|gönderilme tarihi
        gönderme tarihi|odoslané
        enviat|trimis|elküldve|poslano|послано|изпратено|تم الإرسال|נשלח|στάλθηκε|saadetud|nosūtīts|išsiųsta
        发送时间|寄件日期|傳送時間|送信日時|보낸 날짜|보낸 시간|đã gửi|dikirim|ส่ง|ส่งเมื่อ|message du
        a été envoyé le|sent at|sent on"""
    ),
    "date": phrase_set(
        """date|datum|fecha|data|dato|päivämäärä|päiväys|дата|tarih|التاريخ|תאריך|ημερομηνία|dátum|datum/tid
        kuupäev
        日期|日付|日時|날짜|ngày|tanggal|วันที่|時間|datums|dată|sendedato|date et heure|data e ora|zeit|time"""
    ),
    "to": phrase_set(
        """to|an|à|a|para|aan|till|til|vastaanottaja|do|komu|кому|kime|إلى|אל|προς|címzett|adresat
        destinataire|destinatario
        destinatário|geadresseerde|empfänger|mottagare|modtager|mottaker|za|către|до|kam|kellele|prima|alıcı
        pro|kommu
        收件人|收件者|宛先|받는 사람|받는사람|đến|tới|kepada|ถึง|per|per a|recipient|gavejas"""
    ),
    "cc": phrase_set(
        """cc|kopie|copie|copie à|copia|cópia|kopio|kopia|kopija|kopi|копия|копія|dw|bilgi|másolat
        másolatot kap|נעתק|نسخة
        抄送|副本|參考|참조|bcc|blind copy|κοινοποίηση|cci|skrytá kopie|v kopii"""
    ),
    "subject": phrase_set(
        """subject|betreff|objet|sujet|asunto|assunto|oggetto|onderwerp|emne|ämne|aihe|temat|předmět|тема
        konu|الموضوع
        נושא|θέμα|tárgy|predmet|subiect|assumpte|teema|tēma|tema|주제|제목|主题|主旨|主題|件名|標題|标题
        chủ đề|tiêu đề
        perihal|subjek|เรื่อง|หัวเรื่อง|относно|předmet|objecte|vec|относно:|gaia|efni"""
    ),
    "other": phrase_set(
        """reply-to|reply to|importance|priority|wichtigkeit|priorität|antwort an|attachments|anlagen
        pièces jointes|allegati
        adjuntos|importancia|organisation|organization|mailed-by|signed-by|message-id|ответить|важность
        répondre à|x-mailer
        data invio|rispondi a|bijlagen|svar til|svara till|důležitost|önem|重要性|重要度|sensitivity
        newsgroups|thread-topic"""
    ),
}
"""The labels before the colon in a header block, by meaning."""

LABEL_KINDS = {label.rstrip(":"): kind for kind, labels in LABELS.items() for label in labels}

ORIGINAL = phrase_set(
    """original message|originalnachricht|ursprüngliche nachricht|original-nachricht|message d'origine
    message original
    message initial|mensaje original|mensagem original|messaggio originale|messaggio originario
    oorspronkelijk bericht
    oorspronkelijke bericht|originele bericht|origineel bericht|oprindelig meddelelse|original meddelelse
    opprinnelig melding
    ursprungligt meddelande|originalmeddelande|ursprungligt mail|alkuperäinen viesti|wiadomość oryginalna
    oryginalna wiadomość
    původní zpráva|původní e-mail|pôvodná správa|исходное сообщение|оригинальное сообщение|исходное письмо
    оригінальне повідомлення
    вихідне повідомлення|özgün ileti|orijinal mesaj|orijinal ileti|eredeti üzenet|mesaj original
    mesajul original
    izvorna poruka|originalna poruka|originalno sporočilo|izvirno sporočilo|algne kiri|αρχικό μήνυμα|رسالة أصلية
    الرسالة الأصلية|הודעה מקורית|原始邮件|原始郵件|原邮件|元のメッセージ|元のメール|원본 메시지|원본 이메일
    tin nhắn gốc|thư gốc
    pesan asli|ข้อความต้นฉบับ|missatge original|jatorrizko mezua|оригинално съобщение|ответ|reply message
    antwortnachricht
    urspr. nachricht|mail original|e-mail d'origine|courriel original|původní zpráva od|originalmelding"""
)
FORWARDED = phrase_set(
    """forwarded message|forwarded by|begin forwarded message|start of forwarded message
    weitergeleitete nachricht
    anfang der weitergeleiteten nachricht|anfang der weitergeleiteten e-mail|ende der weitergeleiteten nachricht
    message transféré|message transmis|message transféré de|début du message réexpédié
    début du message transféré|mensaje reenviado
    inicio del mensaje reenviado|mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada
    início da mensagem reencaminhada|messaggio inoltrato|inizio messaggio inoltrato|doorgestuurd bericht
    begin doorgestuurd bericht
    videresendt meddelelse|videresendt melding|videresendt besked|start på videresendt besked
    begynnelse på videresendt melding
    vidarebefordrat meddelande|vidarebefordrat mejl|vidarebefordrat brev|börja vidarebefordrat meddelande
    start på vidarebefordrat
    välitetty viesti|edelleenlähetetty viesti|välitetty viesti alkaa|przekazana wiadomość|wiadomość przekazana
    wiadomość napisana przez|treść przekazanej wiadomości|przeposlaná zpráva|přeposlaná zpráva|předaná zpráva
    preposlaná správa
    пересылаемое сообщение|пересланное сообщение|начало переадресованного сообщения|переслане повідомлення
    пересылаемое письмо|iletilen mesaj|yönlendirilen ileti|iletilmiş ileti|továbbított üzenet
    mesaj redirecționat|mesaj redirectionat
    proslijeđena poruka|prosleđena poruka|posredovano sporočilo|edastatud kiri|προωθημένο μήνυμα
    رسالة معاد توجيهها|رسالة مُعاد توجيهها
    ההודעה הועברה|הודעה שהועברה|转发的邮件|转发邮件|轉寄的郵件|轉寄郵件|已转发邮件|転送されたメッセージ
    転送メッセージ|전달된 메시지|전달된 메일
    thư đã chuyển tiếp|tin nhắn được chuyển tiếp|pesan terusan|pesan yang diteruskan|ข้อความที่ส่งต่อ
    missatge reenviat
    препратено съобщение|resent message|inoltrato|weitergeleitet"""
)

WROTE = phrase_set(
    """wrote|sent|verzond|writes|written|schrieb|schreibt|geschrieben|écrit|écrivait|escribió|escribio|escribía|escrito
    scritto|scrive
    escreveu|schreef|geschreven|skrev|skreiv|kirjoitti|napisał|napisała|napisał(a)|pisze|napsal|napsala
    napsal(a)|píše
    napísal|napísala|napísal(a)|napisao|napisala|napisao/la|je napisao|je napisala|piše|написал|написала
    написал(a)|написал(а)
    пишет|писал|писала|написав|пише|написа|yazdı|yazdi|yazmış|şunu yazdı|írta|έγραψε|scris|rašė|parašė
    rakstīja|kirjutas
    كتب|كتبت|כתב|כתבה|כתב|escriure|escrigué|idatzi|skrifaði|viết|đã viết|menulis|เขียน|ने लिखा|লিখেছেন
    wrote on|said|shkroi
    写道|写了|寫道|寫了|書きました|書いた|님이 작성|작성|のメッセージ|のメール|skrifar|scríobh|напісаў|posted"""
)
UNSPACED_WROTE = tuple(phrase_set("写道|寫道|写了|寫了|書きました|님이 작성|のメッセージ|のメール|đã viết|ने लिखा|เขียน"))
"""Verbs of scripts that put no space before them."""
LEADS = phrase_set(
    """on|le|am|op|el|em|il|den|på|dne|dnia|w|în|pe|la|в|at|在|于|pada|vào|στις|ב|في|quoting|zitat|citando
    citat|i|a|the|ons|tor|fre
    lör|sön|man|tir|tors|lun|mar|mer|jeu|ven|sam|dim|in|no|az|po|уторак|у|dana|ngày|dia|message|begin|ma|ti
    ke|pe|su|za|zo|wo|vr|di
    do|mo|mi|fr|sa|so|mon|tue|wed|thu|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг
    пятница|суббота"""
)
"""First words of attributions."""

SENT_VERBS = phrase_set(
    """sent|envoyé|envoyée|gesendet|verschickt|geschickt|enviado|enviada|enviat|inviato|inviata|spedito
    verzonden|verstuurd|gestuurd
    sendt|skickat|skickades|lähetetty|wysłane|wysłano|wysłana|odesláno|odoslané|poslano|poslané|отправлено
    послано|надіслано|изпратено
    gönderildi|trimis|küldve|elküldve|στάλθηκε|אُرسلت|أرسلت|أُرسلت|مرسل|نשלח|נשלח|发自|發自|傳送|傳自|寄件
    发送|送信|보냄|보낸|gửi|dikirim|ส่งจาก
    get|télécharger|téléchargez|obtener|obtenir|obtén|descarga|scarica|ottieni|hol dir|download|hämta|hent
    obter|baixe|saadetud|nosūtīts|đã gửi|קבל את|λήψη του|入手する|obțineți|edinin|来自 outlook|dapatkan
    écrit|typed|composed|written|created|geschrieben|보냈습니다|보냈음|入手|получить|skaffa|získejte|hanki|herunterladen|descargar|baixar|downloaden|stáhnout
    pobierz|скачать|завантажити|lataa|ladda|indir|indirin|letöltése|descărcați|загрузить|获取|取得|다운로드|下载"""
)
DEVICES = phrase_set(
    """iphone|ipad|ipod|iphon|android|samsung|galaxy|huawei|honor|xiaomi|redmi|pixel|oneplus|oppo|nokia
    xperia|motorola|wiko|htc
    blackberry|windows phone|windows mail|outlook|yahoo|proton|gmail|tutanota|tuta|fairmail|k-9|k9
    thunderbird|bluemail|spark|airmail
    mailspring|superhuman|aqua mail|aquamail|typeapp|newton|edison|mail.ru|яндекс|yandex|mymail|gmx|web.de
    hotmail|aol|zoho|fastmail
    icloud|mobile|mobil|handy|smartphone|smart phone|téléphone|celular|móvil|movil|cellulare|telefon|phone
    tablet|tablette
    телефон|смартфон|мобіль|мобиль|手机|手機|携帯|スマート|휴대폰|스마트|mail app|courrier|e-mail app|orange
    wireless|verizon|at&t
    t-mobile|naver|네이버|网易|sprint|hey.com|canary|mac|windows|device|gerät|appareil|dispositiv|apparat"""
)
"""Names of devices, mail apps and mobile operators."""

CLOSINGS = phrase_set(
    """regards|best regards|kind regards|warm regards|kindest regards|warmest regards|many regards
    with regards|with best regards
    best wishes|sincerely|yours sincerely|yours truly|yours faithfully|respectfully|cheers|thanks|many thanks
    thank you|best
    all the best|thanks and regards|thanks & regards|rgds|br|kr|mit freundlichen grüßen|mit freundlichem gruß
    mit freundlichen grüssen
    freundliche grüße|freundliche grüsse|viele grüße|viele grüsse|liebe grüße|beste grüße|herzliche grüße|mfg
    vg|lg|gruß|grüße
    mit besten grüßen|schöne grüße|cordialement|bien cordialement|bien à vous|salutations
    sincères salutations|meilleures salutations
    bien amicalement|amicalement|saludos|un saludo|saludos cordiales|atentamente|cordialmente|atenciosamente
    abraços|abraço
    cumprimentos|com os melhores cumprimentos|distinti saluti|cordiali saluti|saluti|un saluto|grazie
    met vriendelijke groet
    met vriendelijke groeten|vriendelijke groet|vriendelijke groeten|groeten|groet|mvg|mvh|med venlig hilsen
    venlig hilsen|vennlig hilsen
    med vennlig hilsen|hilsen|bedste hilsner|med vänliga hälsningar|vänliga hälsningar|vänligen|hälsningar
    ystävällisin terveisin
    terveisin|t.|pozdrawiam|z poważaniem|z wyrazami szacunku|s pozdravem|s přátelským pozdravem|с уважением
    с наилучшими пожеланиями
    з повагою|saygılarımla|saygılar|iyi çalışmalar|üdvözlettel|tisztelettel|cu respect|cu stimă|lijep pozdrav
    srdačan pozdrav
    lep pozdrav|με εκτίμηση|φιλικά|مع التحية|تحياتي|בברכה|此致|敬礼|祝好|谢谢|よろしくお願いします
    よろしくお願いいたします|敬具|감사합니다|trân trọng
    salam|hormat saya|с уважение|поздрави"""
)
REPLY_ABOVE = phrase_set(
    """reply above this line|reply above the line|type your reply above|write above this line
    respond above this line
    please reply above|reply to this email above|answer above this line|bitte antworten sie oberhalb
    antworten sie oberhalb dieser
    antwort oberhalb dieser|répondre au-dessus de cette ligne|répondez au-dessus|responda por encima
    escriba su respuesta por encima
    responda acima desta|rispondi sopra questa|scrivi sopra questa|antwoord boven deze|svar over denne
    svara ovanför
    odpowiedz powyżej tej|пишите выше этой|ответьте выше|この行より上に|请在此行上方回复|reply above this"""
)
FOOTERS = phrase_set(
    """you received this message because you are subscribed|you are receiving this because|you're receiving this
    to unsubscribe from this group|to unsubscribe from this list|to unsubscribe, e-mail|to unsubscribe send
    mailman/listinfo
    mailing list|mailing-list|listinfo|you received this email because|view it on github
    reply to this email directly or view it
    sie erhalten diese nachricht, weil|vous recevez ce message car|recibiste este mensaje porque
    hai ricevuto questo messaggio perch
    você recebeu esta mensagem porque|je ontvangt dit bericht omdat|du modtager denne|du får detta
    to manage your subscription
    manage your notification|notification settings|subscription options|groups.google.com|unsubscribe@
    -unsubscribe@|this email is a service from|this e-mail is a service from|delivered by zendesk
    diese e-mail ist ein service von|cet e-mail est un service de|este correo electrónico es un servicio de
    este e-mail é um serviço|questa e-mail è un servizio|dit e-mailbericht is een service van
    powered by freshdesk|powered by zendesk|powered by help scout|powered by intercom|powered by gorgias
    sent by front|ticket-id:|ticket id:|fallnummer:|case number:|ref:_"""
)
DISCLAIMERS = phrase_set(
    """confidential|privileged|intended recipient|intended solely|intended only|sole use|unauthorized
    unauthorised|in error|disclaimer
    notify the sender|please consider the environment|before printing|delete this e-mail|delete this email
    delete it|disclosure
    vertraulich|rechtlich geschützt|irrtümlich|nicht der richtige adressat|unbefugt|vernichten sie|bestimmt
    confidentiel|destinataire
    avez reçu ce message par erreur|imprimer ce|confidencial|destinatario|por error|imprimir este|riservat
    per errore|esclusivamente
    vertrouwelijk|geadresseerde|per abuis|fortrolig|konfidentiell|poufn|adresat|конфиденциальн|ошибк|gizli
    luottamukselli|vírus
    virus-free|virenfrei|checked for viruses|scanned for viruses|avast|auf viren|sans virus|libre de virus
    privo di virus|viruses"""
)
"""Pieces of legal notes; two of them make a paragraph one."""
