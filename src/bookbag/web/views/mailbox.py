"""*Sent mail*: in a local run, the mails that were kept as files instead of sent."""

from email.utils import getaddresses

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bookbag.exports.sent_mail import SentMail, list_sent_mails
from bookbag.web.requests import get_person


@require_safe
@login_required
def sent_mail(request: HttpRequest) -> HttpResponse:
    """List the mails that were written to the person who is signed in."""
    return render(request, "web/mail/list.html", {"mails": _list_mails(request)})


@require_safe
@login_required
def sent_mail_message(request: HttpRequest, name: str) -> HttpResponse:
    """Show one mail."""
    for mail in _list_mails(request):
        if mail.name == name:
            return render(request, "web/mail/message.html", {"mail": mail})
    raise Http404


def _list_mails(request: HttpRequest) -> list[SentMail]:
    if settings.BOOKBAG_MODE != "local":
        raise Http404
    address = get_person(request).email.casefold()
    return [
        mail
        for mail in list_sent_mails()
        if address and address in [a.casefold() for _, a in getaddresses([mail.to])]
    ]
