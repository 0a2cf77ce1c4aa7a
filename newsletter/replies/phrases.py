"""What a writer is told of their answer, in the language of the letter; a language we do not speak gets English."""
# ruff: noqa: E501 - sentences stay whole, to be mended by those who speak the language

from dataclasses import dataclass

from newsletter.locales import primary


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterPhrases:
    """The fixed sentences of one language; what is in braces is filled in."""

    published: str
    change: str
    """Before the address to which new words are sent."""
    withdraw: str
    hear: str
    """Whether they want to hear of other readers' answers, before the address that says so."""
    answered: str
    """Of {name} and {title}: over another reader's answer."""
    quiet: str
    """Before the address that ends it."""
    refused: str
    ask: str
    yes: str


LANGUAGES: dict[str, WriterPhrases] = {
    "en": WriterPhrases(
        published="Thank you. Your answer to “{title}” is published now:",
        change="To change it, write the new words to:",
        withdraw="To take it back, send an empty mail to:",
        hear="Shall we tell you when another reader answers it? Then send an empty mail to:",
        answered="{name} has answered what you wrote on “{title}”:",
        quiet="To hear no more of such answers, answer “stop” or send an empty mail to:",
        refused="Thank you for your answer to “{title}”. It will not be published.",
        ask="Thank you for your answer to “{title}”. May it be published under the letter, as it stands below? If so, answer “yes”. If you do not answer, it stays between us.",
        yes="yes",
    ),
    "de": WriterPhrases(
        published="Danke. Ihre Antwort auf „{title}“ ist jetzt veröffentlicht:",
        change="Wenn Sie sie ändern möchten, schreiben Sie den neuen Text an:",
        withdraw="Wenn Sie sie zurückziehen möchten, schicken Sie eine leere Mail an:",
        hear="Sollen wir Ihnen sagen, wenn jemand darauf antwortet? Dann schicken Sie eine leere Mail an:",
        answered="{name} hat auf das geantwortet, was Sie zu „{title}“ geschrieben haben:",
        quiet="Wenn Sie von solchen Antworten nichts mehr hören möchten, antworten Sie „stop“ oder schicken Sie eine leere Mail an:",
        refused="Danke für Ihre Antwort auf „{title}“. Sie wird nicht veröffentlicht.",
        ask="Danke für Ihre Antwort auf „{title}“. Darf sie unter dem Brief erscheinen, so wie sie unten steht? Dann antworten Sie mit „ja“. Ohne Antwort bleibt sie unter uns.",
        yes="ja",
    ),
    "fr": WriterPhrases(
        published="Merci. Votre réponse à « {title} » est maintenant publiée :",
        change="Pour la modifier, écrivez le nouveau texte à :",
        withdraw="Pour la retirer, envoyez un message vide à :",
        hear="Voulez-vous être averti quand quelqu’un y répond ? Envoyez alors un message vide à :",
        answered="{name} a répondu à ce que vous avez écrit sur « {title} » :",
        quiet="Pour ne plus être averti de ces réponses, répondez « stop » ou envoyez un message vide à :",
        refused="Merci pour votre réponse à « {title} ». Elle ne sera pas publiée.",
        ask="Merci pour votre réponse à « {title} ». Peut-elle paraître sous la lettre, telle qu’elle figure ci-dessous ? Si oui, répondez « oui ». Sans réponse, elle reste entre nous.",
        yes="oui",
    ),
    "es": WriterPhrases(
        published="Gracias. Su respuesta a «{title}» ya está publicada:",
        change="Para cambiarla, escriba el nuevo texto a:",
        withdraw="Para retirarla, envíe un mensaje vacío a:",
        hear="¿Quiere que le avisemos cuando alguien le responda? Entonces envíe un mensaje vacío a:",
        answered="{name} ha respondido a lo que usted escribió sobre «{title}»:",
        quiet="Para no recibir más avisos de respuestas, responda «stop» o envíe un mensaje vacío a:",
        refused="Gracias por su respuesta a «{title}». No se publicará.",
        ask="Gracias por su respuesta a «{title}». ¿Puede publicarse bajo la carta, tal como está abajo? Si es así, responda «sí». Sin respuesta, queda entre nosotros.",
        yes="sí",
    ),
    "pt": WriterPhrases(
        published="Obrigado. A sua resposta a «{title}» já está publicada:",
        change="Para a alterar, escreva o novo texto para:",
        withdraw="Para a retirar, envie uma mensagem vazia para:",
        hear="Quer que o avisemos quando alguém responder? Então envie uma mensagem vazia para:",
        answered="{name} respondeu ao que escreveu sobre «{title}»:",
        quiet="Para não receber mais avisos de respostas, responda «stop» ou envie uma mensagem vazia para:",
        refused="Obrigado pela sua resposta a «{title}». Não será publicada.",
        ask="Obrigado pela sua resposta a «{title}». Pode ser publicada sob a carta, tal como está abaixo? Se sim, responda «sim». Sem resposta, fica entre nós.",
        yes="sim",
    ),
    "it": WriterPhrases(
        published="Grazie. La Sua risposta a «{title}» è ora pubblicata:",
        change="Per modificarla, scriva il nuovo testo a:",
        withdraw="Per ritirarla, invii un messaggio vuoto a:",
        hear="Vuole che La avvisiamo quando qualcuno risponde? Allora invii un messaggio vuoto a:",
        answered="{name} ha risposto a ciò che Lei ha scritto su «{title}»:",
        quiet="Per non ricevere più avvisi di risposte, risponda «stop» o invii un messaggio vuoto a:",
        refused="Grazie per la Sua risposta a «{title}». Non sarà pubblicata.",
        ask="Grazie per la Sua risposta a «{title}». Può essere pubblicata sotto la lettera, così come sta qui sotto? Se sì, risponda «sì». Senza risposta, resta tra noi.",
        yes="sì",
    ),
    "nl": WriterPhrases(
        published="Dank u. Uw antwoord op ‘{title}’ is nu gepubliceerd:",
        change="Wilt u het wijzigen, schrijf de nieuwe tekst dan aan:",
        withdraw="Wilt u het intrekken, stuur dan een lege mail aan:",
        hear="Wilt u horen wanneer iemand erop antwoordt? Stuur dan een lege mail aan:",
        answered="{name} heeft geantwoord op wat u over ‘{title}’ schreef:",
        quiet="Wilt u van zulke antwoorden niets meer horen, antwoord dan ‘stop’ of stuur een lege mail aan:",
        refused="Dank u voor uw antwoord op ‘{title}’. Het wordt niet gepubliceerd.",
        ask="Dank u voor uw antwoord op ‘{title}’. Mag het onder de brief verschijnen, zoals het hieronder staat? Antwoord dan met ‘ja’. Zonder antwoord blijft het onder ons.",
        yes="ja",
    ),
    "pl": WriterPhrases(
        published="Dziękuję. Odpowiedź na „{title}” jest już opublikowana:",
        change="Aby ją zmienić, proszę wysłać nowy tekst na adres:",
        withdraw="Aby ją wycofać, proszę wysłać pustą wiadomość na adres:",
        hear="Czy powiadomić, gdy ktoś na nią odpowie? Jeśli tak, proszę wysłać pustą wiadomość na adres:",
        answered="{name} odpowiada na to, co zostało napisane do listu „{title}”:",
        quiet="Aby nie otrzymywać więcej takich powiadomień, proszę odpowiedzieć „stop” lub wysłać pustą wiadomość na adres:",
        refused="Dziękuję za odpowiedź na „{title}”. Nie zostanie opublikowana.",
        ask="Dziękuję za odpowiedź na „{title}”. Czy może się ukazać pod listem w brzmieniu podanym niżej? Jeśli tak, proszę odpowiedzieć „tak”. Bez odpowiedzi pozostanie między nami.",
        yes="tak",
    ),
    "ru": WriterPhrases(
        published="Спасибо. Ваш ответ на «{title}» опубликован:",
        change="Чтобы изменить его, пришлите новый текст на адрес:",
        withdraw="Чтобы отозвать его, пришлите пустое письмо на адрес:",
        hear="Сообщить вам, когда кто-нибудь на него ответит? Тогда пришлите пустое письмо на адрес:",
        answered="{name} отвечает на то, что вы написали о «{title}»:",
        quiet="Чтобы больше не получать вестей о таких ответах, ответьте «stop» или пришлите пустое письмо на адрес:",
        refused="Спасибо за ответ на «{title}». Он не будет опубликован.",
        ask="Спасибо за ответ на «{title}». Можно ли опубликовать его под письмом в том виде, как он приведён ниже? Если да, ответьте «да». Без ответа он останется между нами.",
        yes="да",
    ),
    "tr": WriterPhrases(
        published="Teşekkürler. “{title}” için yanıtınız yayımlandı:",
        change="Değiştirmek için yeni metni şu adrese yazın:",
        withdraw="Geri çekmek için şu adrese boş bir e-posta gönderin:",
        hear="Biri ona yanıt verdiğinde size haber verelim mi? Öyleyse şu adrese boş bir e-posta gönderin:",
        answered="{name}, “{title}” için yazdıklarınıza yanıt verdi:",
        quiet="Böyle yanıtlardan artık haber almak istemiyorsanız “stop” diye yanıtlayın ya da şu adrese boş bir e-posta gönderin:",
        refused="“{title}” için yanıtınıza teşekkürler. Yayımlanmayacak.",
        ask="“{title}” için yanıtınıza teşekkürler. Aşağıdaki hâliyle mektubun altında yayımlanabilir mi? Olur derseniz “evet” diye yanıtlayın. Yanıt vermezseniz aramızda kalır.",
        yes="evet",
    ),
    "ar": WriterPhrases(
        published="شكرًا. نُشر ردك على «{title}» الآن:",
        change="لتغييره، اكتب النص الجديد إلى:",
        withdraw="لسحبه، أرسل رسالة فارغة إلى:",
        hear="هل نخبرك عندما يجيب عليه قارئ آخر؟ إذن أرسل رسالة فارغة إلى:",
        answered="أجاب {name} على ما كتبته عن «{title}»:",
        quiet="لكي لا تصلك أخبار مثل هذه الردود بعد الآن، أجب بكلمة «stop» أو أرسل رسالة فارغة إلى:",
        refused="شكرًا على ردك على «{title}». لن يُنشر.",
        ask="شكرًا على ردك على «{title}». هل يجوز نشره تحت الرسالة كما هو أدناه؟ إن وافقت فأجب بكلمة «نعم». وإن لم تجب بقي بيننا.",
        yes="نعم",
    ),
    "he": WriterPhrases(
        published="תודה. תשובתך על „{title}” פורסמה:",
        change="כדי לשנות אותה, יש לכתוב את הנוסח החדש אל:",
        withdraw="כדי למשוך אותה, יש לשלוח הודעה ריקה אל:",
        hear="להודיע לך כאשר מישהו משיב עליה? אם כן, יש לשלוח הודעה ריקה אל:",
        answered="{name} משיב על מה שכתבת על „{title}”:",
        quiet="כדי לא לשמוע עוד על תשובות כאלה, יש להשיב „stop” או לשלוח הודעה ריקה אל:",
        refused="תודה על תשובתך על „{title}”. היא לא תפורסם.",
        ask="תודה על תשובתך על „{title}”. האם מותר לפרסם אותה מתחת למכתב, כפי שהיא מופיעה למטה? אם כן, יש להשיב „כן”. ללא תשובה היא תישאר בינינו.",
        yes="כן",
    ),
    "zh": WriterPhrases(
        published="谢谢。您对《{title}》的回复已经发表：",
        change="如需修改，请把新的文字发送到：",
        withdraw="如需撤回，请发送一封空邮件到：",
        hear="如有其他读者回复，是否通知您？需要的话，请发送一封空邮件到：",
        answered="{name} 回复了您就《{title}》所写的话：",
        quiet="如不想再收到此类回复的通知，请回复“stop”，或发送一封空邮件到：",
        refused="谢谢您对《{title}》的回复。它不会发表。",
        ask="谢谢您对《{title}》的回复。可以按下面的样子发表在来信之下吗？如果可以，请回复“是”。不回复则只有我们知道。",
        yes="是",
    ),
    "ja": WriterPhrases(
        published="ありがとうございます。「{title}」へのお返事を掲載しました：",
        change="変更するには、新しい文をこちらへお送りください：",
        withdraw="取り下げるには、空のメールをこちらへお送りください：",
        hear="ほかの読者からの返信をお知らせしましょうか。ご希望でしたら、空のメールをこちらへお送りください：",
        answered="{name} さんが、「{title}」についてお書きになったことに返信しました：",
        quiet="このようなお知らせが不要でしたら、「stop」とご返信いただくか、空のメールをこちらへお送りください：",
        refused="「{title}」へのお返事をありがとうございます。掲載はいたしません。",
        ask="「{title}」へのお返事をありがとうございます。下の文のとおり、手紙の下に掲載してもよろしいでしょうか。よろしければ「はい」とご返信ください。ご返信がなければ掲載しません。",
        yes="はい",
    ),
    "ko": WriterPhrases(
        published="감사합니다. ‘{title}’에 대한 답장이 게시되었습니다:",
        change="고치시려면 새 글을 다음 주소로 보내 주세요:",
        withdraw="거두시려면 빈 메일을 다음 주소로 보내 주세요:",
        hear="다른 독자가 답하면 알려 드릴까요? 원하시면 빈 메일을 다음 주소로 보내 주세요:",
        answered="{name} 님이 ‘{title}’에 대해 쓰신 글에 답했습니다:",
        quiet="이런 답을 더는 알림 받지 않으시려면 ‘stop’이라고 답하시거나 빈 메일을 다음 주소로 보내 주세요:",
        refused="‘{title}’에 대한 답장 감사합니다. 게시되지 않습니다.",
        ask="‘{title}’에 대한 답장 감사합니다. 아래 글 그대로 편지 아래에 게시해도 될까요? 괜찮으시면 ‘네’라고 답해 주세요. 답이 없으면 우리끼리만 간직하겠습니다.",
        yes="네",
    ),
}


def writer_phrases(language: str) -> WriterPhrases:
    """Return the sentences for a language tag such as pt-BR."""
    return LANGUAGES.get(primary(language), LANGUAGES["en"])
