"""django-import-export on SQLite: the same orders in, row by row or in bulk, and out."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import django
from django.conf import settings

from bench.orders import COLUMNS, LENGTHS, REGIONS, SCALES, found, region, region_of
from bench.told import measured

PORTION = 1000


def set_up(database: str) -> None:
    """Configure Django for one database; the models below can be declared then."""
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
        INSTALLED_APPS=["django.contrib.contenttypes", "import_export", "bench.peers"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    warnings.filterwarnings("ignore")


set_up(sys.argv[2])

from django.db import connection, models  # noqa: E402
from import_export import fields, resources, widgets  # noqa: E402
from import_export.formats import base_formats  # noqa: E402


class Region(models.Model):
    """A region that orders link to."""

    name = models.CharField(max_length=60, unique=True)

    class Meta:
        app_label = "peers"


def _field(name: str, kind: str) -> models.Field:
    if kind in SCALES:
        return models.DecimalField(max_digits=18, decimal_places=SCALES[kind], null=True)
    plain = {"date": models.DateField, "yes_no": models.BooleanField, "integer": models.IntegerField}
    if kind in plain:
        return plain[kind](null=True)
    return models.CharField(max_length=LENGTHS[name], null=True, unique=name == "code")


Order = type(
    "Order",
    (models.Model,),
    {
        "__module__": __name__,
        "Meta": type("Meta", (), {"app_label": "peers"}),
        "region_id": models.ForeignKey(Region, models.PROTECT, null=True, db_column="region"),
        **{name: _field(name, kind) for name, kind in COLUMNS.items() if kind != "link"},
    },
)


class Rows(resources.ModelResource):
    """Row by row, as it comes; links by name, every row written."""

    region_id = fields.Field("region_id", "region_id", widgets.ForeignKeyWidget(Region, "name"))

    class Meta:
        model = Order
        import_id_fields = ("code",)
        fields = tuple(COLUMNS)
        export_order = tuple(COLUMNS)
        skip_unchanged = False


class Bulk(Rows):
    """In bulk, without the comparison of before and after, as its manual advises for large files."""

    class Meta(Rows.Meta):
        use_bulk = True
        skip_diff = True
        batch_size = PORTION


def prepare(count: int) -> None:
    """The regions and the orders that are there before."""
    with connection.schema_editor() as editor:
        editor.create_model(Region)
        editor.create_model(Order)
    Region.objects.bulk_create(Region(id=n, name=region(n)) for n in range(1, REGIONS + 1))
    made = []
    for row in found(count):
        values = dict(zip(COLUMNS, row, strict=True))
        values["region_id_id"] = region_of(int(values["code"][1:]))
        del values["region_id"]
        made.append(Order(**values))
    Order.objects.bulk_create(made, batch_size=PORTION)


def take_in(mode: str, path: str) -> int:
    """Import a workbook; returns its rows."""
    dataset = base_formats.XLSX().create_dataset(Path(path).read_bytes())
    resource = Bulk() if mode == "bulk" else Rows()
    result = resource.import_data(dataset, dry_run=False, raise_errors=True)
    assert result.totals["update"] == len(dataset) // 2 or mode == "bulk", result.totals
    return len(dataset)


def give_out(form: str, path: str) -> int:
    """Export all orders."""
    dataset = Rows().export(Order.objects.order_by("id").select_related("region_id"))
    kind = base_formats.XLSX() if form == "xlsx" else base_formats.CSV()
    data = kind.export_data(dataset)
    Path(path).write_bytes(data if isinstance(data, bytes) else data.encode("utf-8-sig"))
    return len(dataset)


if __name__ == "__main__":
    what, _, *words = sys.argv[1:]
    if what == "prepare":
        prepare(int(words[0]))
    elif what == "import":
        measured(lambda: take_in(*words))
    else:
        measured(lambda: give_out(*words))
