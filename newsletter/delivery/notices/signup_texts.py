"""The words of the mails that the web door calls for; a language we do not speak gets English."""
# ruff: noqa: E501 - sentences stay whole, to be mended by those who speak the language

from dataclasses import dataclass

from newsletter.locales import primary


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorWords:
    """The sentences of one language; {title} is the publication's."""

    confirm_subject: str
    confirm: str
    """Before the link that confirms, good for seven days."""
    known_subject: str
    known: str
    """Before the link to one's own page."""
    own_subject: str
    own: str
    """The same, good for 24 hours."""
    not_you: str


LANGUAGES: dict[str, DoorWords] = {
    "en": DoorWords(
        confirm_subject="Please confirm: {title}",
        confirm="Somebody, we hope it was you, asked for {title} to be sent to this address. If you want it, open this page within seven days and press the button:",
        known_subject="You have {title} already",
        known="Somebody, perhaps you, asked for {title} to be sent to this address. It is sent here already, so nothing changes. To look after your subscription, open this page within 24 hours:",
        own_subject="Your page at {title}",
        own="Here you can change your subscription to {title}, see all that is kept about you, and have it deleted. The page opens for 24 hours:",
        not_you="If it was not you, do nothing: you get nothing more.",
    ),
    "de": DoorWords(
        confirm_subject="Bitte bestätigen: {title}",
        confirm="Jemand, wir hoffen Sie selbst, hat {title} an diese Adresse bestellt. Wenn Sie es möchten, öffnen Sie innerhalb von sieben Tagen diese Seite und drücken Sie auf den Knopf:",
        known_subject="Sie erhalten {title} schon",
        known="Jemand, vielleicht Sie selbst, hat {title} an diese Adresse bestellt. Es kommt schon hierher, also ändert sich nichts. Um Ihr Abonnement anzusehen, öffnen Sie innerhalb von 24 Stunden diese Seite:",
        own_subject="Ihre Seite bei {title}",
        own="Hier ändern Sie Ihr Abonnement von {title}, sehen alles, was über Sie aufbewahrt wird, und können es löschen lassen. Die Seite öffnet sich 24 Stunden lang:",
        not_you="Waren Sie es nicht, tun Sie nichts: Es kommt nichts weiter.",
    ),
    "fr": DoorWords(
        confirm_subject="Merci de confirmer : {title}",
        confirm="Quelqu’un, vous sans doute, a demandé que {title} soit envoyé à cette adresse. Si vous le voulez, ouvrez cette page dans les sept jours et appuyez sur le bouton :",
        known_subject="Vous recevez déjà {title}",
        known="Quelqu’un, peut-être vous, a demandé que {title} soit envoyé à cette adresse. C’est déjà le cas, rien ne change donc. Pour voir votre abonnement, ouvrez cette page dans les 24 heures :",
        own_subject="Votre page chez {title}",
        own="Ici, vous modifiez votre abonnement à {title}, voyez tout ce qui est conservé sur vous et pouvez le faire supprimer. La page s’ouvre pendant 24 heures :",
        not_you="Si ce n’était pas vous, ne faites rien : rien d’autre ne viendra.",
    ),
    "es": DoorWords(
        confirm_subject="Confirme, por favor: {title}",
        confirm="Alguien, esperamos que usted, pidió que {title} se envíe a esta dirección. Si lo desea, abra esta página en siete días y pulse el botón:",
        known_subject="Ya recibe {title}",
        known="Alguien, quizá usted, pidió que {title} se envíe a esta dirección. Ya se envía, así que nada cambia. Para ver su suscripción, abra esta página en 24 horas:",
        own_subject="Su página en {title}",
        own="Aquí cambia su suscripción a {title}, ve todo lo que se guarda sobre usted y puede hacer que se borre. La página se abre durante 24 horas:",
        not_you="Si no fue usted, no haga nada: no recibirá nada más.",
    ),
    "pt": DoorWords(
        confirm_subject="Confirme, por favor: {title}",
        confirm="Alguém, esperamos que tenha sido você, pediu que {title} seja enviado para este endereço. Se o quiser, abra esta página em sete dias e carregue no botão:",
        known_subject="Já recebe {title}",
        known="Alguém, talvez você, pediu que {title} seja enviado para este endereço. Já é enviado, por isso nada muda. Para ver a sua subscrição, abra esta página em 24 horas:",
        own_subject="A sua página em {title}",
        own="Aqui altera a sua subscrição de {title}, vê tudo o que se guarda sobre si e pode mandar apagá-lo. A página abre durante 24 horas:",
        not_you="Se não foi você, não faça nada: não recebe mais nada.",
    ),
    "it": DoorWords(
        confirm_subject="Per favore confermi: {title}",
        confirm="Qualcuno, speriamo lei, ha chiesto che {title} arrivi a questo indirizzo. Se lo desidera, apra questa pagina entro sette giorni e prema il pulsante:",
        known_subject="Riceve già {title}",
        known="Qualcuno, forse lei, ha chiesto che {title} arrivi a questo indirizzo. Arriva già, quindi nulla cambia. Per vedere la sua iscrizione, apra questa pagina entro 24 ore:",
        own_subject="La sua pagina su {title}",
        own="Qui cambia la sua iscrizione a {title}, vede tutto ciò che è conservato su di lei e può farlo cancellare. La pagina si apre per 24 ore:",
        not_you="Se non è stato lei, non faccia nulla: non riceverà altro.",
    ),
    "nl": DoorWords(
        confirm_subject="Bevestig alstublieft: {title}",
        confirm="Iemand, hopelijk u, vroeg om {title} op dit adres. Als u het wilt, open dan binnen zeven dagen deze pagina en druk op de knop:",
        known_subject="U krijgt {title} al",
        known="Iemand, misschien u, vroeg om {title} op dit adres. Het komt hier al, dus er verandert niets. Om uw abonnement te bekijken, opent u binnen 24 uur deze pagina:",
        own_subject="Uw pagina bij {title}",
        own="Hier wijzigt u uw abonnement op {title}, ziet u alles wat over u bewaard wordt en kunt u het laten verwijderen. De pagina gaat 24 uur lang open:",
        not_you="Was u het niet, doe dan niets: er komt verder niets.",
    ),
    "pl": DoorWords(
        confirm_subject="Prosimy o potwierdzenie: {title}",
        confirm="Ktoś, mamy nadzieję, że Ty, poprosił o wysyłanie {title} na ten adres. Jeśli tego chcesz, otwórz w ciągu siedmiu dni tę stronę i naciśnij przycisk:",
        known_subject="Masz już {title}",
        known="Ktoś, może Ty, poprosił o wysyłanie {title} na ten adres. Już tu przychodzi, więc nic się nie zmienia. Aby obejrzeć swoją subskrypcję, otwórz w ciągu 24 godzin tę stronę:",
        own_subject="Twoja strona: {title}",
        own="Tutaj zmienisz subskrypcję {title}, zobaczysz wszystko, co o Tobie przechowujemy, i możesz to usunąć. Strona otwiera się przez 24 godziny:",
        not_you="Jeśli to nie Ty, nie rób nic: więcej nic nie przyjdzie.",
    ),
    "ru": DoorWords(
        confirm_subject="Подтвердите, пожалуйста: {title}",
        confirm="Кто-то, надеемся, вы, попросил присылать {title} на этот адрес. Если вы этого хотите, откройте в течение семи дней эту страницу и нажмите кнопку:",
        known_subject="Вы уже получаете {title}",
        known="Кто-то, возможно вы, попросил присылать {title} на этот адрес. Сюда уже приходит, так что ничего не меняется. Чтобы посмотреть подписку, откройте в течение 24 часов эту страницу:",
        own_subject="Ваша страница: {title}",
        own="Здесь вы меняете подписку на {title}, видите всё, что о вас хранится, и можете это удалить. Страница открывается 24 часа:",
        not_you="Если это были не вы, ничего не делайте: больше ничего не придёт.",
    ),
    "tr": DoorWords(
        confirm_subject="Lütfen onaylayın: {title}",
        confirm="Biri, umarız siz, {title} bu adrese gönderilsin istedi. İstiyorsanız yedi gün içinde bu sayfayı açıp düğmeye basın:",
        known_subject="{title} size zaten geliyor",
        known="Biri, belki siz, {title} bu adrese gönderilsin istedi. Zaten buraya geliyor, hiçbir şey değişmiyor. Aboneliğinize bakmak için 24 saat içinde bu sayfayı açın:",
        own_subject="{title}: sayfanız",
        own="Burada {title} aboneliğinizi değiştirir, sizinle ilgili saklanan her şeyi görür ve sildirebilirsiniz. Sayfa 24 saat açılır:",
        not_you="Siz değilseniz bir şey yapmayın: başka bir şey gelmez.",
    ),
    "ja": DoorWords(
        confirm_subject="ご確認ください: {title}",
        confirm="どなたか、おそらくあなたが、このアドレスへの {title} の送付を希望されました。お望みでしたら、7日以内に次のページを開き、ボタンを押してください。",
        known_subject="{title} はすでに届いています",
        known="どなたか、おそらくあなたが、このアドレスへの {title} の送付を希望されました。すでにお送りしていますので、何も変わりません。購読の内容をご覧になるには、24時間以内に次のページを開いてください。",
        own_subject="{title} のあなたのページ",
        own="ここでは {title} の購読の変更、保存されているすべての確認と削除ができます。次のページは24時間有効です。",
        not_you="お心当たりがなければ、そのままにしてください。これ以上は届きません。",
    ),
    "zh": DoorWords(
        confirm_subject="请确认：{title}",
        confirm="有人（希望是您本人）要求把 {title} 寄到此地址。如果您愿意，请在七天内打开此页并按下按钮：",
        known_subject="您已订阅 {title}",
        known="有人（也许是您本人）要求把 {title} 寄到此地址。它已经寄到这里，所以没有变化。要查看您的订阅，请在 24 小时内打开此页：",
        own_subject="您在 {title} 的页面",
        own="在这里您可以更改 {title} 的订阅，查看保存的有关您的一切，并将其删除。此页在 24 小时内有效：",
        not_you="如果不是您，请不必理会：不会再有别的邮件。",
    ),
    "ar": DoorWords(
        confirm_subject="يرجى التأكيد: {title}",
        confirm="طلب أحدهم، ونرجو أن تكون أنت، إرسال {title} إلى هذا العنوان. إن كنت تريد ذلك فافتح هذه الصفحة خلال سبعة أيام واضغط الزر:",
        known_subject="تصلك {title} بالفعل",
        known="طلب أحدهم، وربما أنت، إرسال {title} إلى هذا العنوان. وهي تصل إليه بالفعل، فلا شيء يتغير. لترى اشتراكك افتح هذه الصفحة خلال 24 ساعة:",
        own_subject="صفحتك في {title}",
        own="هنا تغيّر اشتراكك في {title} وترى كل ما نحفظه عنك ويمكنك حذفه. تفتح الصفحة مدة 24 ساعة:",
        not_you="إن لم تكن أنت فلا تفعل شيئًا: لن يصلك المزيد.",
    ),
    "he": DoorWords(
        confirm_subject="נא לאשר: {title}",
        confirm="מישהו, ואנו מקווים שזה היית את או אתה, ביקש שהמכתבים של {title} יישלחו לכתובת הזו. אם זה רצוי, יש לפתוח את העמוד הזה בתוך שבעה ימים וללחוץ על הכפתור:",
        known_subject="{title} כבר מגיע לכאן",
        known="מישהו, אולי את או אתה, ביקש שהמכתבים של {title} יישלחו לכתובת הזו. הם כבר נשלחים לכאן, ולכן דבר אינו משתנה. כדי לראות את המינוי יש לפתוח את העמוד הזה בתוך 24 שעות:",
        own_subject="העמוד שלך: {title}",
        own="כאן אפשר לשנות את המינוי אל {title}, לראות כל מה שנשמר ולמחוק אותו. העמוד נפתח במשך 24 שעות:",
        not_you="אם לא ביקשת זאת, אין צורך לעשות דבר: שום דבר נוסף לא יישלח.",
    ),
    "ko": DoorWords(
        confirm_subject="확인해 주세요: {title}",
        confirm="누군가, 아마 본인이, {title} 편지를 이 주소로 신청했습니다. 원하시면 7일 안에 이 페이지를 열고 버튼을 누르세요:",
        known_subject="{title} 편지를 이미 받고 계십니다",
        known="누군가, 아마 본인이, {title} 편지를 이 주소로 신청했습니다. 이미 이곳으로 가고 있으므로 바뀌는 것은 없습니다. 구독을 보려면 24시간 안에 이 페이지를 여세요:",
        own_subject="{title}의 내 페이지",
        own="여기에서 {title} 구독을 바꾸고, 보관 중인 모든 것을 보고, 삭제할 수 있습니다. 페이지는 24시간 동안 열립니다:",
        not_you="본인이 아니라면 아무것도 하지 마세요. 더 이상 가지 않습니다.",
    ),
}


def door_words(language: str) -> DoorWords:
    """Return the words for a language tag such as pt-BR."""
    return LANGUAGES.get(primary(language), LANGUAGES["en"])
