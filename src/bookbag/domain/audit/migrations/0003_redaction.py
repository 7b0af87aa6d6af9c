from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from bookbag.domain.audit.guards import create_guards, drop_guards


def create(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    create_guards(editor.connection)


def drop(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    drop_guards(editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_guards")]

    operations = [
        # SQLite makes the table anew; the guards also learn of the new column.
        migrations.RunPython(drop, create),
        migrations.AddField(
            model_name="auditentry",
            name="redaction",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.RunPython(create, drop),
    ]
