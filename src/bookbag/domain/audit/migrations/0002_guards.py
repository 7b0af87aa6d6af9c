from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from bookbag.domain.audit.guards import create_guards, drop_guards


def create(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    create_guards(editor.connection)


def drop(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    drop_guards(editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
