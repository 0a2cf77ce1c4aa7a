"""What the web door says; names in braces are filled in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The fixed words of one language."""

    language: str
    name: str
    """What the language calls itself."""
    skip: str
    email: str
    lists: str
    subscribe: str
    promise: str
    """Under the form: what happens next, and that leaving is easy."""
    promise_at_once: str
    """The same where no mail need be confirmed."""
    leave_empty: str
    """Beside a field that people never see."""
    working: str
    """While a script waits for the answer."""
    wrong_address: str
    no_list: str
    asked: str
    asked_why: str
    confirm: str
    confirm_why: str
    """Of {address}."""
    confirm_button: str
    confirmed: str
    confirmed_why: str
    gone: str
    gone_why: str
    leave: str
    leave_why: str
    """Of {title} and {address}."""
    leave_button: str
    leave_all: str
    left: str
    left_why: str
    mistake: str
    again: str
    back: str
    back_why: str
    preferences: str
    preferences_why: str
    """Of {address}."""
    pause: str
    no_pause: str
    pause_weeks: str
    """Of {number}."""
    paused_until: str
    """Of {day}."""
    language_label: str
    as_letters: str
    """The choice of no language of one's own."""
    first_name: str
    first_name_why: str
    name_label: str
    name_why: str
    clicks: str
    """Beside a box that is never ticked beforehand."""
    clicks_why: str
    save: str
    saved: str
    needs_confirming: str
    """Beside a list that a mail must confirm."""
    data: str
    data_why: str
    download: str
    erase: str
    erase_why: str
    erase_button: str
    erased: str
    erased_why: str
    link: str
    link_why: str
    link_button: str
    withdraw: str
    withdraw_why: str
    withdraw_button: str
    withdrawn: str
    withdrawn_why: str
    edit: str
    edit_why: str
    edit_label: str
    edit_button: str
    edited: str
    edited_why: str
    hear: str
    """Answers by other readers, over the question whether to be told."""
    hear_why: str
    hear_button: str
    quiet_button: str
    cancel: str
    missing: str
    missing_why: str
    busy: str
    busy_why: str
    too_often: str
    too_often_why: str
    fault: str
    fault_why: str
    foreign: str
    foreign_why: str
