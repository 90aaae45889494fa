from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_made_by_jobs'),
        ('governance', '0004_legal_basis'),
        ('products', '0009_takes_writes'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='dataproduct',
            index=models.Index(condition=models.Q(('status__in', frozenset(['active', 'deprecated'])), ('visibility', 'company'), _negated=True), fields=['id'], name='product_not_open'),
        ),
    ]
