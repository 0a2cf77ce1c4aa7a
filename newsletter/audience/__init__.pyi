"""Public names of `newsletter.audience`, each loaded on first use; `__init__.py` says what they are for."""

from .tracking_consent import (
    grant_click_consent as grant_click_consent,
    with_click_consent as with_click_consent,
    withdraw_click_consent as withdraw_click_consent,
)
from .export import (
    export_csv as export_csv,
    export_json as export_json,
    export_suppressions as export_suppressions,
    record_json as record_json,
)
from .address_checks import (
    AddressFlag as AddressFlag,
    check_address as check_address,
    suggest_address as suggest_address,
)
from .subscriptions import (
    Unsubscription as Unsubscription,
    add_subscriber as add_subscriber,
    unsubscribe as unsubscribe,
    unsubscribe_in_transaction as unsubscribe_in_transaction,
    unsubscribe_many as unsubscribe_many,
    erase_subscriber as erase_subscriber,
    find_subscriber_id as find_subscriber_id,
)
from .hash_key import KeyAdoption as KeyAdoption, adopt_key as adopt_key, check_hash_key as check_hash_key
from .preferences import (
    Preferences as Preferences,
    set_first_name as set_first_name,
    set_language as set_language,
    keep_lists as keep_lists,
    expire_pauses as expire_pauses,
    subscribe as subscribe,
    pause as pause,
    read_preferences as read_preferences,
    undo_unsubscribe as undo_unsubscribe,
)
from .queries import (
    NewSubscriber as NewSubscriber,
    candidates as candidates,
    candidates_with_click_consent as candidates_with_click_consent,
    exclusion_reason as exclusion_reason,
    new_subscribers as new_subscribers,
    FieldDescription as FieldDescription,
    ListCount as ListCount,
    ListMember as ListMember,
    SubscriberRecord as SubscriberRecord,
    count_lists as count_lists,
    describe_fields as describe_fields,
    is_database_readable as is_database_readable,
    list_members as list_members,
    read_subscriber_record as read_subscriber_record,
)
from .tables import ensure_lists as ensure_lists
from .models import (
    ConsentProof as ConsentProof,
    Suppression as Suppression,
    SuppressionReason as SuppressionReason,
)
from .suppressions import (
    ListedSuppression as ListedSuppression,
    last_lifted_at as last_lifted_at,
    lift_suppression as lift_suppression,
    list_suppressions as list_suppressions,
    suppress as suppress,
    suppress_address as suppress_address,
    suppress_subscriber as suppress_subscriber,
    suppression_reason as suppression_reason,
)
from .custom_fields import change_tags as change_tags
