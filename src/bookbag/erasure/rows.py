"""Rows of a person, found by what refers to users: new tables are reached too."""

from collections import Counter

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import ManyToManyRel

from bookbag.domain.people.models import User

AXES = (AccessAttempt, AccessLog, AccessFailureLog)


def erase_rows(person: User) -> Counter[str]:
    """Delete or empty everything that refers to a person; return how many of what."""
    erased: Counter[str] = Counter()
    for relation in User._meta.related_objects:
        if isinstance(relation, ManyToManyRel):
            through = relation.through
            if through is not None and through._meta.auto_created:
                name = relation.field.m2m_reverse_field_name()
                found = through._default_manager.filter(**{name: person.pk})
                erased[through._meta.label] += found.delete()[0]
            continue
        rows = relation.related_model._base_manager.filter(
            **{relation.field.name: person.pk}
        )
        if relation.on_delete is models.CASCADE:
            erased[relation.related_model._meta.label] += rows.delete()[0]
        elif relation.on_delete is models.SET_NULL:
            rows.update(**{relation.field.name: None})
    return +erased


def erase_sign_ins(person: User) -> int:
    """Delete browser sessions of a person, and attempts to sign in as them."""
    keys = [
        session.pk
        for session in Session.objects.iterator()
        if session.get_decoded().get("_auth_user_id") == str(person.pk)
    ]
    count = Session.objects.filter(pk__in=keys).delete()[0]
    for name in {person.username, person.email} - {""}:
        for kind in AXES:
            count += kind.objects.filter(username__iexact=name).delete()[0]
    return count


def erase_account(person: User, pseudonym: str) -> bool:
    """Delete the account, or leave an empty one where others' records stand on it.

    Returns:
        Whether it is deleted.
    """
    protected = [
        relation
        for relation in User._meta.related_objects
        if not isinstance(relation, ManyToManyRel)
        and relation.on_delete is models.PROTECT
        and relation.related_model._base_manager.filter(
            **{relation.field.name: person.pk}
        ).exists()
    ]
    if not protected:
        person.delete()
        return True
    person.username, person.email = pseudonym, ""
    person.first_name = person.last_name = ""
    person.last_login = None
    person.is_active = person.is_staff = person.is_superuser = False
    person.set_unusable_password()
    person.save()
    return False
