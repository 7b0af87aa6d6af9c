"""Every column and setting whose name sounds like a secret, and what it is.

A new one that stands in neither list fails the build. Plant it (planting.py), or say
why it is none.
"""

import re

SOUNDS_SECRET = re.compile(
    r"secret|token|passw|key|credential|private|sealed|signature|digest|otp|recovery",
    re.IGNORECASE,
)

PLANTED = {
    "people.User.password",
    "activity.SignIn.session_key",
    "lti.ToolKey.sealed_private_key",
    "lti.ConsumerKey.sealed_secret",
    "access.PersonalToken.token_digest",
    "access.ServiceClient.secret_digest",
    "access.ServiceToken.token_digest",
    "exports.DownloadLink.token_digest",
    "deliveries.DeliveryTarget.sealed_secret",
    "webhooks.Webhook.sealed_secret",
    "webhooks.Webhook.previous_sealed_secret",
    "pseudonyms.PseudonymKey.sealed_key",
    "sessions.Session.session_key",
    "usersessions.UserSession.session_key",
    "account.EmailConfirmation.key",
    "socialaccount.SocialApp.secret",
    "socialaccount.SocialToken.token",
    "socialaccount.SocialToken.token_secret",
}
"""Columns whose every value is a canary, digests and sealed forms included."""

HARMLESS = {
    "audit.AuditDraft.person_key": "the number of a person",
    "audit.AuditDraft.target_key": "the number of a thing",
    "audit.AuditEntry.person_key": "the number of a person",
    "audit.AuditEntry.target_key": "the number of a thing",
    "audit.AuditEntry.digest": "keyed; exported, so that a copy can be compared",
    "audit.AuditChain.digest": "that of the last entry",
    "audit.AuditChain.signature": "keyed over length and digest; opens nothing",
    "activity.ProjectVisit.key": "names a visit of the person who is told it",
    "lti.ToolKey.key_id": "published with the public key",
    "lti.ToolKey.public_key": "public",
    "lti.Platform.key_set_url": "a public address of the platform",
    "lti.Platform.token_url": "a public address of the platform",
    "lti.ConsumerKey.key": "the name of a key, as LTI 1.1 calls it; not its secret",
    "access.KeptAnswer.key_digest": "of what a client calls its request",
    "exports.Export.request_key": "the digest of what was asked for",
    "exports.Export.storage_key": "where a file lies; opens nothing by itself",
    "exports.ExportShard.outcome_key": "where a note lies; opens nothing by itself",
    "exports.ExportShard.plan_digest": "of what a shard is made of",
    "exports.ExportShard.upload_key": "where parts lie; opens nothing by itself",
    "deliveries.DeliveryTarget.host_key": "the public key of a server",
    "socialaccount.SocialApp.key": "no protocol that we allow uses it",
}
"""Columns that sound so and are no secret, with the reason."""

PLANTED_SETTINGS = {
    "BOOKBAG_SECRET_KEY",
    "BOOKBAG_METRICS_TOKEN",
    "BOOKBAG_STORAGE_SECRET_KEY",
    "BOOKBAG_WORKSPACES_SECRET_KEY",
    "BOOKBAG_TOKEN",
    "BOOKBAG_QUEUE_URL",
    "BOOKBAG_MAIL_URL",
    "DATABASE_URL",
}
"""Settings that hold a secret, or an address with one in it."""

HARMLESS_SETTINGS = {
    "BOOKBAG_STORAGE_ACCESS_KEY": "the name of an account; its secret key is planted",
    "BOOKBAG_WORKSPACES_ACCESS_KEY": "the name of an account, likewise",
    "BOOKBAG_PRIVATE_TARGETS": "networks that may be reached",
    "BOOKBAG_RECEIPT_KEY": "the path of a file; the file is planted",
    "BOOKBAG_SERVICE_TOKEN_SECONDS": "a length of time",
    "BOOKBAG_TOKEN_DAYS": "a length of time",
}
