import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.documents import Document, DocumentError, Limits, dump_yaml, load_documents

SMALL = Limits(document_bytes=2_000, document_nodes=50, depth=5, stream_bytes=4_000, documents=3)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def load_one(text: str | bytes, **options: object) -> Document:
    (document,) = load_documents(text, **options)
    return document


def refusal(text: str | bytes, **options: object) -> tuple[str, str, int | None]:
    with pytest.raises(DocumentError) as caught:
        load_documents(text, **options)
    (problem,) = caught.value.problems
    return problem.code, problem.pointer, problem.line


class TestWhatIsRead:
    def test_a_date_stays_text(self) -> None:
        assert load_one("on: 2026-01-31\nat: 12:30:00\n").data == {
            "on": "2026-01-31",
            "at": "12:30:00",
        }

    def test_plain_scalars_mean_what_they_look_like(self) -> None:
        text = "a: 1\nb: 1.5\nc: true\nd: ~\ne: '1'\nf: 0x10\ng: -7\nh: 1.0.0\ni: 1:30\n"

        assert list(load_one(text).data.values()) == [
            *(1, 1.5, True, None, "1", 16, -7, "1.0.0", "1:30"),
        ]

    def test_a_key_is_always_text(self) -> None:
        assert load_one("1: a\non: b\n~: c\n").data == {"1": "a", "on": "b", "~": "c"}

    def test_yaml_stream_gives_each_document_with_its_own_text_and_first_line(self) -> None:
        text = "# head\n---\na: 1\n---\n# only a remark\n---\nb: 2\n...\n"

        documents = load_documents(text)

        assert [document.data for document in documents] == [{"a": 1}, {"b": 2}]
        assert [document.text for document in documents] == [
            "# head\n---\na: 1\n",
            "# only a remark\n---\nb: 2\n",
        ]
        assert [document.first_line for document in documents] == [1, 5]

    def test_json_array_gives_each_element_as_it_stands_there(self) -> None:
        documents = load_documents('[ {"a": 1.0},\n  {"b":2} ]')

        assert [document.text for document in documents] == ['{"a": 1.0}', '{"b":2}']
        assert [document.first_line for document in documents] == [1, 2]

    def test_texts_are_normalised_to_composed_form(self) -> None:
        decomposed = "Cafe\u0301"

        assert load_one(f"name: {decomposed}").data == {"name": "Café"}
        assert load_one(f'{{"name": "{decomposed}"}}').data == {"name": "Café"}

    def test_a_byte_order_mark_is_no_part_of_the_text(self) -> None:
        assert load_one("\ufeffa: 1".encode()).data == {"a": 1}

    def test_dump_reads_back_as_the_same_data_in_the_same_order(self) -> None:
        data = {"z": ["1", 1, None, True, "no", "2026-01-01"], "a": {"text": "two\nlines\n"}}

        again = load_one(dump_yaml(data)).data

        assert again == data
        assert list(again) == ["z", "a"]

    @given(st.dictionaries(TEXTS, TEXTS))
    def test_dump_reads_back_whatever_the_texts_hold(self, data: dict[str, str]) -> None:
        assert yaml.load(dump_yaml(data), yaml.CSafeLoader) == data


class TestPlaces:
    YAML = "a:\n- 1\n- b: 2\n  c/d: 3\n- - x\n  - y\nz: {u: 1,\n v: 2}\n"
    JSON = '{\n"a": [1,\n {"b":\n 2, "c/d": 3}]\n}'

    def test_every_value_of_yaml_has_its_line(self) -> None:
        lines = load_one(self.YAML).lines

        assert lines["/a/1/c~1d"] == 4
        assert lines["/a/2/1"] == 6
        assert lines["/z/v"] == 8

    def test_every_value_of_json_has_the_line_of_its_key(self) -> None:
        lines = load_one(self.JSON).lines

        assert lines == {"": 1, "/a": 2, "/a/0": 2, "/a/1": 3, "/a/1/b": 3, "/a/1/c~1d": 4}

    def test_what_is_missing_has_the_line_of_what_is_around_it(self) -> None:
        assert load_one(self.YAML).line_of("/a/1/none/deeper") == 3

    def test_lines_count_from_the_start_of_the_stream(self) -> None:
        _, second = load_documents("a: 1\n---\nb: 2\n")

        assert second.line_of("/b") == 3

    @pytest.mark.parametrize(
        "text", ["a: 1\nb:\n  c: 2\n  c: 3\n", '{"a": 1,\n"b": {"c": 2, "c": 3}}']
    )
    def test_a_key_that_stands_twice_is_told(self, text: str) -> None:
        document = load_one(text)

        assert document.duplicate_keys == ("/b/c",)
        assert document.data["b"] == {"c": 3}


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("a: &x 1\nb: *x\n", "anchor"),
            ("b: *x\n", "alias"),
            ("a: !!python/object/apply:os.system [x]\n", "tag"),
            ("a: !!str 1\n", "tag"),
            ("[a]: 1\n? {b: c}\n: 2\n", "not-json"),
            ("? [a, b]\n: 1\n", "key-not-text"),
            ("a: .inf\n", "value-not-storable"),
            ("a: .nan\n", "value-not-storable"),
            ("a: 18446744073709551616\n", "value-not-storable"),
            ('a: "\\0"\n', "value-not-storable"),
            ('"a\\u202eb": 1\n', "unsafe-name"),
            ("a\u200bb: 1\n", "unsafe-name"),
            ("a: b: c\n", "not-yaml"),
            ("a: \x07\n", "not-yaml"),
            ('{"a": NaN}', "value-not-storable"),
            ('{"a": 1e999}', "value-not-storable"),
            ('{"a": -9223372036854775809}', "value-not-storable"),
            ('{"a": "\\u0000"}', "value-not-storable"),
            ('{"a": "\\ud800"}', "value-not-storable"),
            ('{"a\\u200d": 1}', "unsafe-name"),
            ('{"a": 1,}', "not-json"),
            ('[{"a": 1} {"b": 2}]', "not-json"),
            ('[{"a": 1}] x', "not-json"),
            ("", "no-document"),
            ("# nothing\n---\n", "no-document"),
            ("a: 1".encode("utf-16"), "not-utf8"),
        ],
    )
    def test_what_we_do_not_read_says_which_rule(self, text: str | bytes, code: str) -> None:
        assert refusal(text)[0] == code

    def test_a_refusal_says_where(self) -> None:
        assert refusal("a: 1\nb:\n- x\n- !t y\n") == ("tag", "/b/1", 4)
        assert refusal("a: 1\n---\nb: [\n")[2] == 4

    def test_a_broken_document_may_stand_beside_right_ones(self) -> None:
        first, broken, last = load_documents("a: 1\n---\nb: *x\n---\nc: 3\n", strict=False)

        assert (first.data, broken.data, last.data) == ({"a": 1}, None, {"c": 3})
        assert [(each.code, each.line) for each in broken.problems] == [("alias", 3)]


class TestLimits:
    """Each hostile text ends in broken syntax or an alias: the limit must be found before it."""

    BROKEN = "\n- *never : [reached"

    def test_nodes_are_counted_before_anything_behind_them_is_read(self) -> None:
        text = "a:\n" + "- 1\n" * 20_000 + self.BROKEN

        assert refusal(text)[0] == "too-many-nodes"

    def test_yaml_depth_is_found_before_anything_behind_it_is_read(self) -> None:
        assert refusal("- " * 10_000 + self.BROKEN)[0] == "too-deep"
        assert refusal("a: " + "[" * 10_000 + self.BROKEN)[0] == "too-deep"

    @pytest.mark.parametrize("text", ["[" * 10_000, '{"a":' * 5_000, "[" * 10_000 + "]" * 10_000])
    def test_json_depth_is_found_without_recursion(self, text: str) -> None:
        assert refusal(text, media="json")[0] == "too-deep"

    def test_json_nodes_are_counted_without_building_them(self) -> None:
        assert refusal('{"a": [' + "[]," * 20_001)[0] == "too-many-nodes"

    def test_a_document_has_at_most_its_bytes(self) -> None:
        assert refusal("a: " + "x" * 1_000_000)[0] == "document-too-large"
        assert load_one("a: " + "x" * 999_000).data["a"].startswith("xx")

    def test_laughs_end_at_the_first_anchor(self) -> None:
        text = "a: &a [lol, lol]\n" + "".join(f"{n}: &n{n} [*a, *a]\n" for n in range(30))

        assert refusal(text) == ("anchor", "/a", 1)

    def test_a_text_full_of_escaped_quotes_is_scanned_once(self) -> None:
        assert refusal('{"a": "' + '\\"' * 490_000)[0] == "not-json"

    def test_a_stream_has_at_most_its_bytes_and_documents(self) -> None:
        assert refusal("# " + "x" * 4_000, limits=SMALL)[0] == "stream-too-large"
        assert refusal("---\na: 1\n" * 4, limits=SMALL)[0] == "too-many-documents"
        assert refusal("---\n" * 8, limits=SMALL)[0] == "too-many-documents"
        assert refusal("[{},{},{},{}]", limits=SMALL)[0] == "too-many-documents"

    def test_exactly_the_limit_is_read(self) -> None:
        assert len(load_documents("---\na: 1\n" * 3, limits=SMALL)) == 3
        assert load_one("a: [[[[1]]]]", limits=SMALL).data == {"a": [[[[1]]]]}
        assert load_one('{"a": [[[[1]]]]}', limits=SMALL).data == {"a": [[[[1]]]]}
        assert len(load_one("[" * 1 + "{}" + "]", limits=SMALL).data) == 0
