"""What can be wrong with a change of people, in sentences for whoever asked."""


class PeopleError(Exception):
    """A change of members or groups that is refused; nothing was changed."""

    code = "people"


class OwnerNeededError(PeopleError):
    """A workspace would lose its last owner, or its owners to somebody lesser."""

    code = "owner_needed"


class NameTakenError(PeopleError):
    """Another group has the name."""

    code = "name_taken"


class InvalidNameError(PeopleError):
    """The name cannot be one."""

    code = "invalid_name"


class InvitationRefusedError(PeopleError):
    """The person cannot be invited, or not again at this moment."""

    code = "invitation_refused"


class NotAMemberError(PeopleError):
    """Somebody is not a member of the workspace."""

    code = "not_a_member"
