"""The fixed words of the archive, by language; a language we do not speak gets English, marked as such."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """What the pages say besides what author and readers wrote."""

    language: str
    skip: str
    feed: str
    answer: str
    """One of them, after a number."""
    answers: str
    """Several, after a number, and over the comments."""
    answer_by_mail: str
    write_to: str
    """Of {name}; over the invitation where no comment stands yet."""
    verified: str
    verified_why: str
    to: str
    """Before the name of the one who is answered."""
    neighbours: str
    before: str
    after: str
    empty: str
    missing: str
    missing_why: str
    front_page: str

    def count(self, number: int) -> str:
        """Return "1 answer" or "3 answers"."""
        several = self.answers if self.language == "de" else self.answers.lower()
        return f"{number} {self.answer if number == 1 else several}"


LANGUAGES = {
    "en": Phrases(
        language="en",
        skip="Skip to the text",
        feed="Feed",
        answer="answer",
        answers="Answers",
        answer_by_mail="Answer by mail",
        write_to="Write to {name}",
        verified="verified",
        verified_why="The address this came from is the reader’s own",
        to="to",
        neighbours="Issues before and after",
        before="Before this",
        after="After this",
        empty="Nothing has appeared yet. The first issue will stand here.",
        missing="There is nothing at this address",
        missing_why="It may have moved, or the link lost its end in the mail.",
        front_page="All issues",
    ),
    "de": Phrases(
        language="de",
        skip="Zum Text",
        feed="Feed",
        answer="Antwort",
        answers="Antworten",
        answer_by_mail="Per Mail antworten",
        write_to="An {name} schreiben",
        verified="bestätigt",
        verified_why="Die Adresse, von der dies kam, gehört der Person selbst",
        to="an",
        neighbours="Ausgaben davor und danach",
        before="Davor",
        after="Danach",
        empty="Noch ist nichts erschienen. Hier wird die erste Ausgabe stehen.",
        missing="Unter dieser Adresse ist nichts",
        missing_why="Die Seite ist umgezogen, oder der Link hat unterwegs sein Ende verloren.",
        front_page="Alle Ausgaben",
    ),
    "fr": Phrases(
        language="fr",
        skip="Aller au texte",
        feed="Flux",
        answer="réponse",
        answers="Réponses",
        answer_by_mail="Répondre par courriel",
        write_to="Écrire à {name}",
        verified="vérifié",
        verified_why="L’adresse d’envoi est bien celle de cette personne",
        to="à",
        neighbours="Numéros précédent et suivant",
        before="Avant",
        after="Après",
        empty="Rien n’a encore paru. Le premier numéro sera ici.",
        missing="Il n’y a rien à cette adresse",
        missing_why="La page a déménagé, ou le lien a perdu sa fin en route.",
        front_page="Tous les numéros",
    ),
    "es": Phrases(
        language="es",
        skip="Ir al texto",
        feed="Canal",
        answer="respuesta",
        answers="Respuestas",
        answer_by_mail="Responder por correo",
        write_to="Escribir a {name}",
        verified="verificado",
        verified_why="La dirección de la que llegó es de quien escribe",
        to="a",
        neighbours="Números anterior y siguiente",
        before="Antes",
        after="Después",
        empty="Aún no ha aparecido nada. El primer número estará aquí.",
        missing="No hay nada en esta dirección",
        missing_why="La página se ha mudado, o el enlace perdió su final por el camino.",
        front_page="Todos los números",
    ),
    "pt": Phrases(
        language="pt",
        skip="Ir para o texto",
        feed="Feed",
        answer="resposta",
        answers="Respostas",
        answer_by_mail="Responder por correio",
        write_to="Escrever a {name}",
        verified="verificado",
        verified_why="O endereço de onde isto veio é de quem escreve",
        to="a",
        neighbours="Números anterior e seguinte",
        before="Antes",
        after="Depois",
        empty="Ainda não saiu nada. O primeiro número estará aqui.",
        missing="Não há nada neste endereço",
        missing_why="A página mudou de lugar, ou a ligação perdeu o fim pelo caminho.",
        front_page="Todos os números",
    ),
    "it": Phrases(
        language="it",
        skip="Vai al testo",
        feed="Feed",
        answer="risposta",
        answers="Risposte",
        answer_by_mail="Rispondi per posta",
        write_to="Scrivi a {name}",
        verified="verificato",
        verified_why="L’indirizzo da cui è arrivata è di chi scrive",
        to="a",
        neighbours="Numeri precedente e successivo",
        before="Prima",
        after="Dopo",
        empty="Non è ancora uscito nulla. Il primo numero sarà qui.",
        missing="A questo indirizzo non c’è nulla",
        missing_why="La pagina si è spostata, o il link ha perso la fine per strada.",
        front_page="Tutti i numeri",
    ),
    "nl": Phrases(
        language="nl",
        skip="Naar de tekst",
        feed="Feed",
        answer="antwoord",
        answers="Antwoorden",
        answer_by_mail="Antwoord per mail",
        write_to="Schrijf aan {name}",
        verified="geverifieerd",
        verified_why="Het adres waar dit vandaan kwam is van de lezer zelf",
        to="aan",
        neighbours="Vorige en volgende nummer",
        before="Hiervoor",
        after="Hierna",
        empty="Er is nog niets verschenen. Het eerste nummer komt hier te staan.",
        missing="Op dit adres is niets",
        missing_why="De pagina is verhuisd, of de link verloor onderweg zijn eind.",
        front_page="Alle nummers",
    ),
}


def phrases_for(language: str) -> Phrases:
    """Return the fixed words for a language tag such as pt-BR."""
    return LANGUAGES.get(language.lower().split("-")[0], LANGUAGES["en"])
