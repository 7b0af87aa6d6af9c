"""The addresses of the pages."""

from django.urls import path

from bookbag.web.views import (
    access,
    audit,
    choosing,
    courses,
    deliveries,
    delivery_targets,
    endings,
    exports,
    imports,
    launches,
    lti,
    mailbox,
    my_data,
    people,
    privacy,
    projects,
    reports,
    restores,
    roleplay,
    schedules,
    stacks,
    starting,
    uploads,
    webhooks,
)

urlpatterns = [
    path("", courses.home, name="home"),
    path("courses/", courses.courses, name="courses"),
    path("courses/<int:course_id>/", courses.overview, name="course"),
    path("courses/<int:course_id>/students/", courses.students, name="course-students"),
    path("courses/<int:course_id>/admin/", courses.administration, name="course-admin"),
    path(
        "courses/<int:course_id>/admin/exports/",
        exports.course_exports,
        name="course-exports",
    ),
    path(
        "courses/<int:course_id>/exports/<slug:identifier>/",
        starting.of_course,
        name="start-course",
    ),
    path(
        "courses/<int:course_id>/assignments/<int:assignment_id>/",
        courses.assignment,
        name="assignment",
    ),
    path(
        "courses/<int:course_id>/assignments/<int:assignment_id>/exports/"
        "<slug:identifier>/",
        starting.of_assignment,
        name="start-assignment",
    ),
    path(
        "courses/<int:course_id>/students/<int:student_id>/exports/<slug:identifier>/",
        starting.of_student,
        name="start-student",
    ),
    path(
        "workspaces/<slug:slug>/export-data/", reports.export_data, name="export-data"
    ),
    path(
        "workspaces/<slug:slug>/exports/<slug:identifier>/",
        starting.of_workspace,
        name="start-workspace",
    ),
    path(
        "workspaces/<slug:slug>/export-options/",
        choosing.choose,
        name="export-options",
    ),
    path("courses/<int:course_id>/archive", endings.archive, name="course-archive"),
    path("courses/<int:course_id>/plan", endings.plan, name="course-plan"),
    path(
        "courses/<int:course_id>/unarchive", endings.unarchive, name="course-unarchive"
    ),
    path("courses/<int:course_id>/delete/", endings.delete, name="course-delete"),
    path("courses/<int:course_id>/restore", endings.restore, name="course-restore"),
    path("courses/<int:course_id>/admin/lti/", lti.course_settings, name="course-lti"),
    path("courses/<int:course_id>/admin/roster/", lti.roster, name="course-roster"),
    path("account/tokens/", access.tokens, name="tokens"),
    path(
        "account/tokens/<int:token_id>/revoke",
        access.revoke_token,
        name="token-revoke",
    ),
    path("workspaces/<slug:slug>/clients/", access.clients, name="clients"),
    path(
        "workspaces/<slug:slug>/clients/<int:client_pk>/revoke",
        access.revoke,
        name="client-revoke",
    ),
    path("my-data/", my_data.my_data, name="my-data"),
    path(
        "workspaces/<slug:slug>/my-data/export",
        starting.of_person,
        name="start-my-data",
    ),
    path("projects/", projects.projects, name="projects"),
    path("projects/new/", imports.new_project, name="project-new"),
    path("projects/<int:project_id>/delete", imports.delete, name="project-delete"),
    path("imports/uploads/", uploads.uploads, name="uploads"),
    path("imports/uploads/<uuid:import_id>/", uploads.upload, name="upload"),
    path("imports/<uuid:import_id>/", imports.show, name="import"),
    path("imports/<uuid:import_id>/choose", imports.choose, name="import-choose"),
    path("imports/<uuid:import_id>/cancel", imports.cancel, name="import-cancel"),
    path("projects/<int:project_id>/", projects.project, name="project"),
    path("projects/<int:project_id>/raw", projects.raw, name="project-raw"),
    path("projects/<int:project_id>/export", projects.export, name="project-export"),
    path("projects/<int:project_id>/stack", projects.stack, name="project-stack"),
    path(
        "projects/<int:project_id>/visits/<slug:key>/seen",
        projects.seen,
        name="project-seen",
    ),
    path(
        "projects/<int:project_id>/visits/<slug:key>/close",
        projects.close,
        name="project-close",
    ),
    path("lti/login/", launches.platform_login, name="lti-login"),
    path("lti/launch/", launches.launch, name="lti-launch"),
    path("lti/keys/", launches.key_set, name="lti-key-set"),
    path("lti/<str:code>", launches.launch, name="lti-integration"),
    path("workspaces/<slug:slug>/lti/", lti.settings_page, name="lti"),
    path(
        "workspaces/<slug:slug>/lti/platforms/<int:platform_id>/delete",
        lti.delete_platform,
        name="lti-platform-delete",
    ),
    path("workspaces/<slug:slug>/lti/keys/", lti.add_key, name="lti-key-add"),
    path(
        "workspaces/<slug:slug>/lti/keys/<int:key_id>/delete",
        lti.delete_key,
        name="lti-key-delete",
    ),
    path("workspaces/<slug:slug>/schedules/", schedules.schedules, name="schedules"),
    path(
        "workspaces/<slug:slug>/schedules/new/",
        schedules.new_schedule,
        name="schedule-new",
    ),
    path("schedules/<uuid:schedule_id>/", schedules.schedule, name="schedule"),
    path(
        "schedules/<uuid:schedule_id>/change/", schedules.change, name="schedule-change"
    ),
    path("schedules/<uuid:schedule_id>/pause", schedules.pause, name="schedule-pause"),
    path(
        "schedules/<uuid:schedule_id>/resume", schedules.resume, name="schedule-resume"
    ),
    path(
        "schedules/<uuid:schedule_id>/delete", schedules.delete, name="schedule-delete"
    ),
    path(
        "workspaces/<slug:slug>/delivery-targets/",
        delivery_targets.targets,
        name="delivery-targets",
    ),
    path(
        "workspaces/<slug:slug>/delivery-targets/new/<slug:kind>/",
        delivery_targets.new,
        name="delivery-target-new",
    ),
    path(
        "workspaces/<slug:slug>/delivery-targets/<int:target_id>/",
        delivery_targets.target,
        name="delivery-target",
    ),
    path(
        "workspaces/<slug:slug>/delivery-targets/<int:target_id>/test",
        delivery_targets.test,
        name="delivery-target-test",
    ),
    path(
        "workspaces/<slug:slug>/delivery-targets/<int:target_id>/host-key",
        delivery_targets.confirm,
        name="delivery-target-host-key",
    ),
    path(
        "workspaces/<slug:slug>/delivery-targets/<int:target_id>/delete",
        delivery_targets.delete,
        name="delivery-target-delete",
    ),
    path("workspaces/<slug:slug>/webhooks/", webhooks.webhooks, name="webhooks"),
    path(
        "workspaces/<slug:slug>/webhooks/<uuid:webhook_id>/",
        webhooks.webhook,
        name="webhook",
    ),
    path(
        "workspaces/<slug:slug>/webhooks/<uuid:webhook_id>/secret",
        webhooks.rotate,
        name="webhook-rotate",
    ),
    path(
        "workspaces/<slug:slug>/webhooks/<uuid:webhook_id>/delete",
        webhooks.delete,
        name="webhook-delete",
    ),
    path(
        "workspaces/<slug:slug>/webhooks/<uuid:webhook_id>/deliveries/"
        "<int:webhook_delivery_id>/again",
        webhooks.deliver_again,
        name="webhook-redeliver",
    ),
    path("workspaces/<slug:slug>/restore/", restores.restores, name="restores"),
    path(
        "workspaces/<slug:slug>/restore/uploads/<uuid:import_id>/",
        restores.upload,
        name="restore-upload",
    ),
    path(
        "workspaces/<slug:slug>/restore/<uuid:restore_id>/",
        restores.show,
        name="restore",
    ),
    path(
        "workspaces/<slug:slug>/restore/<uuid:restore_id>/approve",
        restores.approve,
        name="restore-approve",
    ),
    path(
        "workspaces/<slug:slug>/restore/<uuid:restore_id>/cancel",
        restores.cancel,
        name="restore-cancel",
    ),
    path("workspaces/<slug:slug>/stacks/", stacks.stacks, name="stacks"),
    path("workspaces/<slug:slug>/stacks/<int:stack_id>/", stacks.stack, name="stack"),
    path(
        "workspaces/<slug:slug>/stacks/<int:stack_id>/delete",
        stacks.delete,
        name="stack-delete",
    ),
    path("workspaces/<slug:slug>/audit/", audit.audit, name="audit"),
    path("workspaces/<slug:slug>/privacy/", privacy.privacy, name="privacy"),
    path(
        "workspaces/<slug:slug>/privacy/destroy",
        privacy.destroy,
        name="privacy-destroy",
    ),
    path("workspaces/<slug:slug>/privacy/erase", privacy.erase, name="privacy-erase"),
    path("workspaces/<slug:slug>/users/", people.users, name="users"),
    path("workspaces/<slug:slug>/users/<int:member_id>/", people.member, name="member"),
    path(
        "workspaces/<slug:slug>/users/<int:member_id>/invite",
        people.invite,
        name="member-invite",
    ),
    path("workspaces/<slug:slug>/groups/", people.groups, name="groups"),
    path("workspaces/<slug:slug>/groups/<int:group_id>/", people.group, name="group"),
    path("workspaces/<slug:slug>/sessions/", roleplay.sessions, name="sessions"),
    path("workspaces/<slug:slug>/scenarios/", roleplay.scenarios, name="scenarios"),
    path("workspaces/<slug:slug>/programs/", roleplay.programs, name="programs"),
    path("sessions/<int:session_id>/", roleplay.session, name="session"),
    path("reports/", reports.reports, name="reports"),
    path("reports/<uuid:export_id>/dismiss", reports.dismiss, name="report-dismiss"),
    path("exports/running/", exports.running, name="running-exports"),
    path("exports/<uuid:export_id>/", exports.export_page, name="export"),
    path("exports/<uuid:export_id>/download", exports.download, name="export-download"),
    path("exports/<uuid:export_id>/file", exports.export_file, name="export-file"),
    path("exports/<uuid:export_id>/again", starting.again, name="export-again"),
    path("exports/<uuid:export_id>/cancel", exports.cancel, name="export-cancel"),
    path(
        "exports/<uuid:export_id>/deliveries", deliveries.deliver, name="export-deliver"
    ),
    path(
        "exports/<uuid:export_id>/deliveries/<uuid:delivery_id>/cancel",
        deliveries.cancel,
        name="delivery-cancel",
    ),
    path("exports/<uuid:export_id>/receipt/", exports.receipt, name="export-receipt"),
    path(
        "exports/<uuid:export_id>/receipt.json",
        exports.receipt_file,
        name="export-receipt-file",
    ),
    path("links/<str:token>/", exports.link_page, name="link"),
    path("sent-mail/", mailbox.sent_mail, name="sent-mail"),
    path("sent-mail/<str:name>/", mailbox.sent_mail_message, name="sent-mail-message"),
    path(
        ".well-known/bookbag-receipt-key.json", exports.receipt_key, name="receipt-key"
    ),
]
