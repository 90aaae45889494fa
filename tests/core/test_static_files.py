"""Files are served under hashed names; our modules must find one another under them."""

import gzip
from pathlib import Path

import brotli

from core.static_files import StaticFiles

MAIN = 'import { one } from "./parts/one.js";\n\nimport {\n  two,\n} from "./parts/two.js";\n'


def built(folder: Path, files: dict[str, str]) -> dict[str, str]:
    """The text of each file after its build, by its first name."""
    storage = StaticFiles(location=str(folder), base_url="/static/")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = list(storage.post_process({name: (storage, name) for name in files}))
    return {
        name: (folder / hashed).read_text()
        for name, hashed, _ in done
        if hashed.endswith(".js")  # the others are compressed
    }


def test_our_modules_import_hashed_names(tmp_path):
    files = {
        "js/main.js": MAIN,
        "js/parts/one.js": "export const one = 1;\n",
        "js/parts/two.js": 'import { one } from "./one.js";\nexport const two = one + 1;\n',
    }

    texts = built(tmp_path, files)

    imported = [line.split('"')[1] for line in texts["js/main.js"].splitlines() if "from" in line]
    assert len(imported) == 2
    assert all((tmp_path / "js" / name).is_file() for name in imported)
    assert not {"./parts/one.js", "./parts/two.js"} & set(imported)
    assert 'from "./one.js"' not in texts["js/parts/two.js"]


def test_modules_of_packages_stay_as_they_are(tmp_path):
    texts = built(tmp_path, {"package/main.js": 'import { x } from "./not-shipped.js";\n'})

    assert texts["package/main.js"] == 'import { x } from "./not-shipped.js";\n'


def test_compressed_files_say_the_same(tmp_path):
    text = "export const words = [1, 2, 3];\n" * 200

    built(tmp_path, {"js/words.js": text})

    (packed,) = tmp_path.glob("js/words.*.js.br")
    assert brotli.decompress(packed.read_bytes()).decode() == text
    (zipped,) = tmp_path.glob("js/words.*.js.gz")
    assert gzip.decompress(zipped.read_bytes()).decode() == text
