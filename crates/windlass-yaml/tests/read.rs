//! What is read, where it stands, and what is said about what cannot be read.

use windlass_core::{ErrorKind, FieldPath, Limits, Value};
use windlass_yaml::{Format, Options, Reader, read};

fn documents(text: &str) -> String {
    let documents = read(text.as_bytes(), &Options::default()).expect(text);
    let lines = documents.iter().map(|d| format!("{}:{} {}", d.index, d.line, d.value.canonical()));
    lines.collect::<Vec<_>>().join("\n")
}

fn refused_as(format: Format, text: &[u8]) -> String {
    read(text, &Options::default().with_format(format)).expect_err("it must be refused").explain()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(documents(text), expected, "{text:?}");
}

#[track_caller]
fn check_refused(text: &str, expected: &str) {
    assert_eq!(refused_as(Format::Auto, text.as_bytes()), expected, "{text:?}");
}

#[track_caller]
fn check_json_refused(text: &str, expected: &str) {
    assert_eq!(refused_as(Format::Json, text.as_bytes()), expected, "{text:?}");
}

#[test]
fn documents_have_their_number_and_line() {
    check("# c\n\n---\n# d\na: 1\n---\n\nb: 2\n", "1:5 {\"a\":1}\n2:8 {\"b\":2}");
    check("a: 1\n...\n---\nb: 2\n", "1:1 {\"a\":1}\n2:4 {\"b\":2}");
    check("  a: 1\n  b: 2\n", "1:1 {\"a\":1,\"b\":2}");
}

#[test]
fn documents_that_hold_nothing_are_left_out_and_still_count() {
    check("---\n# nothing\n---\na: 1\n---\nnull\n---\n", "2:4 {\"a\":1}");
    for text in ["", "\n\n", "# only a comment", "---\n---\n", "~", "\u{feff}"] {
        check(text, "");
    }
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    check("\u{feff}a: 1\r\nb: |\r\n  x\r\n  y\r\n", "1:1 {\"a\":1,\"b\":\"x\\ny\\n\"}");
}

#[test]
fn json_is_read_by_its_own_rules() {
    check(
        "{\n\t\"a\": 1.0,\n\t\"b\": [1e3, -0, 9223372036854775808]\n}\n",
        "1:1 {\"a\":1.0,\"b\":[1000.0,0,9.223372036854776e18]}",
    );
    check("{\"a\":\"\\ud834\\udd1e\\/\\ud834\\u0041\"}", "1:1 {\"a\":\"\u{1d11e}/\u{fffd}A\"}");
    check("{\"a\":1}\n{\"b\":2} {}", "1:1 {\"a\":1}\n2:2 {\"b\":2}\n3:2 {}");
}

#[test]
fn what_begins_like_json_may_still_be_yaml() {
    check("{\"a\": 1.0, b: yes}", "1:1 {\"a\":1,\"b\":true}");
    check("{\"a\": 1}\n---\nb: 2\n", "1:1 {\"a\":1}\n2:3 {\"b\":2}");
}

#[test]
fn a_separator_after_json_means_yaml() {
    check("{\"a\": 1.0}\n---\n{\"b\": 1.0}\n---\n", "1:1 {\"a\":1}\n2:3 {\"b\":1}");
    check_refused(
        "{\"a\": 1}\n---\nb: [\n",
        "'[' is not closed (line=3, column=4, document=2)\n  help: add the bracket that closes it, or quote the text",
    );
    check_refused(
        "{\"a\": 1, \"a\": 2}\n---\nb: 1\n",
        "a key appears twice (line=1, column=10, key=a, first_line=1, document=1)\n  help: keep one of the two",
    );
    check_refused("{\"a\": 1}\n{\"b\": [1 2]}", "expected ',' or ']' (line=2, column=10, document=2)");
    let json = Options::default().with_format(Format::Json);
    let documents = read(b"---\n{\"a\": 1.0}\n---\n---\n{\"b\": -1}\n---", &json).unwrap();
    let said: Vec<_> = documents.iter().map(|d| (d.line, d.value.canonical())).collect();
    assert_eq!(said, [(2, "{\"a\":1.0}".to_owned()), (5, "{\"b\":-1}".to_owned())]);
    assert!(read(b"{\"a\": 1} ---", &json).is_err() && read(b"{\"a\": 1}\n---1", &json).is_err());
}

#[test]
fn a_block_scalar_ends_as_its_text_does() {
    for (text, expected) in [
        ("a: |\n  b", "b"),
        ("a: |\n  b\n", "b\\n"),
        ("a: |\n  b\n\n", "b\\n"),
        ("a: |\n  b\n  ", "b\\n"),
        ("a: |\n  b\n# b", "b\\n"),
        ("a: |\n  # b\n# b", "# b\\n"),
        ("a: |\n  b\n\n  # b\n # b", "b\\n\\n# b\\n"),
        ("a: |+\n  b", "b"),
        ("a: |+\n  b\n\n  c", "b\\n\\nc"),
        ("a: |-\n  b", "b"),
        ("a: >\n  b\n  c", "b c"),
        ("a: |\n  b\r\n", "b\\n"),
        ("a: \"b\\n\"", "b\\n"),
        ("a: |\n  é", "é"),
        ("a: |2\n   b", " b"),
    ] {
        check(text, &format!("1:1 {{\"a\":\"{expected}\"}}"));
    }
    check("a:\n- |\n  b\n---\nc: |\n  d", "1:1 {\"a\":[\"b\\n\"]}\n2:5 {\"c\":\"d\"}");
}

#[test]
fn merge_keys_bring_the_fields_that_are_not_written() {
    check(
        "b: &b {x: 1, z: 2}\nc:\n  <<: *b\n  z: 3\n",
        "1:1 {\"b\":{\"x\":1,\"z\":2},\"c\":{\"x\":1,\"z\":3}}",
    );
}

#[test]
fn a_broken_document_hides_neither_others_nor_their_problems() {
    let text = "a: [\n---\nb: 1\n---\nc: 1\nc: 2\n---\nd: 'x\n---\ne: 5\n";
    check_refused(
        text,
        "'[' is not closed (line=1, column=4, document=1)\n  help: add the bracket that closes it, or quote the text\n\
         a key appears twice (line=6, column=1, key=c, first_line=5, document=3)\n  help: keep one of the two\n\
         a quoted text goes on without indentation (line=9, column=1, document=4)\n  \
         help: add the closing quote; a quoted text that goes on in the next line has to be indented there",
    );
    let good = Reader::new(text.as_bytes(), &Options::default()).unwrap().filter_map(Result::ok);
    let good: Vec<_> = good.map(|d| (d.index, d.line)).collect();
    assert_eq!(good, [(2, 3), (5, 10)], "the good documents are read");
}

#[test]
fn tabs_that_indent_are_named_with_their_place() {
    for (text, at) in [
        ("a:\n\tb: 1\n", "line=2, column=1"),
        ("a:\n  \tb: 1\n", "line=2, column=3"),
        ("\ta: 1\n", "line=1, column=1"),
        ("a: b\n\tc: d\n", "line=2, column=1"),
        ("a:\n  - b\n\t- c\n", "line=3, column=1"),
    ] {
        check_refused(text, &format!("a tab where YAML indents ({at}, document=1)\n  help: use spaces"));
    }
}

#[test]
fn a_tab_in_another_document_is_not_named() {
    check_refused(
        "-\t- a\n---\n# x\nb: |\n\tc\n",
        "a tab where YAML indents (line=1, column=3, document=1)\n  help: use spaces\n\
         a tab where YAML indents (line=5, column=1, document=2)\n  help: use spaces",
    );
}

#[test]
fn values_that_json_cannot_hold_are_refused() {
    check_refused("a: .inf", "JSON has no infinity and no NaN (line=1, column=4, document=1)");
    check_refused("[1]: a", "a list may not be a key (line=1, column=1, document=1)");
    check_refused("~: a", "a key is empty (line=1, column=1, document=1)");
    check_refused("a: !!int x", "the text is no !!int (line=1, column=10, document=1)");
    check_refused(
        "a: !!binary /w==",
        "!!binary holds bytes that are not text (line=1, column=13, document=1)",
    );
}

#[test]
fn aliases_without_an_anchor_and_within_their_own_are_refused() {
    check_refused(
        "a: *x\nb: *y\n",
        "unknown anchor (line=1, column=4, document=1)\n  help: quote a text that begins with *\n\
         unknown anchor (line=2, column=4, document=1)\n  help: quote a text that begins with *",
    );
    check_refused("a: &x [*x]", "an anchor contains itself (line=1, column=8, document=1)");
    check_refused(
        "a: &x 1\n---\nb: *x\n",
        "unknown anchor (line=3, column=4, document=2)\n  help: quote a text that begins with *",
    );
}

#[test]
fn a_merge_that_tools_disagree_on_is_refused() {
    check_refused(
        "a: {x: 1, <<: {x: 2}}",
        "<< would replace a field that is written above it (line=1, column=11, key=x, first_line=1, document=1)\n  \
         help: tools disagree on who wins; write << as the first key of the map",
    );
    check("a: {x: 1, <<: {x: 1}}", "1:1 {\"a\":{\"x\":1}}");
}

#[test]
fn a_template_in_a_text_explains_no_other_mistake() {
    let config = "data:\n  a: |\n    {{ define \"x\" }}\n";
    check_refused(
        &format!("{config}  b: 1\n  b: {{{{ x }}}}\n"),
        "a map may not be a key (line=5, column=7, document=1)\n  \
         help: this looks like a template: render it first, or leave the file out\n\
         a key appears twice (line=5, column=3, key=b, first_line=4, document=1)\n  help: keep one of the two",
    );
    check_refused(
        &format!("{config}  b: [\n"),
        "'[' is not closed (line=4, column=6, document=1)\n  help: add the bracket that closes it, or quote the text",
    );
    check_refused(
        "a: b: {{ x }}\n",
        "a colon where no key can be (line=1, column=5, document=1)\n  help: write `key: value` with a space after the \
         colon, keys of one map in one column, and quote a text that has `: ` in it; this looks like a template: render \
         it first, or leave the file out",
    );
}

#[test]
fn what_has_no_words_here_is_said_in_those_of_the_parser() {
    check_refused("[- a]", "\"-\" is only valid inside a block (line=1, column=2, document=1)");
}

#[test]
fn quoted_texts_are_stricter_than_in_go() {
    for text in ["a: \"b\n c\"", "a:\n  b: \"c\n    d\"", "a: \"b\" #c"] {
        assert!(read(text.as_bytes(), &Options::default()).is_ok(), "{text:?}");
    }
    for text in ["a: \"b\nc\"", "a:\n  b: \"c\n  d\"", "a:\n  b: \"c\n d\"", "a: \"b\"#c"] {
        assert!(read(text.as_bytes(), &Options::default()).is_err(), "{text:?}");
    }
}

#[test]
fn templates_are_recognised() {
    let help = "\n  help: this looks like a template: render it first, or leave the file out";
    check_refused(
        "a: {{ .Values.a }}\n",
        &format!("a map may not be a key (line=1, column=5, document=1){help}"),
    );
    for text in [
        "{{- if .Values.on }}\na: b\n{{- end }}\n",
        "{{ if .x }}\na: b\n{{ end }}\n",
        "a: b\n{{ if .x }}\nc: d\n{{ end }}\n",
        "a:\n  {{- range .x }}\n  - b\n  {{- end }}\n",
        "a:\n{{ toYaml .x | indent 2 }}\nb: c\n",
        "a: {{ .a }}:{{ .b }}\n",
        "{\"a\": {{ .x }}}",
    ] {
        let said = refused_as(Format::Auto, text.as_bytes());
        assert!(said.contains("this looks like a template"), "{text:?}: {said}");
    }
}

#[test]
fn json_mistakes_are_named_with_their_place() {
    check_json_refused(
        "{\"a\": 1,\n}",
        "a comma before '}' (line=1, column=8, document=1)\n  help: JSON takes no comma after the last item",
    );
    check_json_refused("{\"a\": 1,\n \"b\": [1 2]}", "expected ',' or ']' (line=2, column=10, document=1)");
    check_json_refused("{\"a\" 1}", "expected ':' after a key (line=1, column=6, document=1)");
    check_json_refused("{a: 1}", "expected a key in double quotes (line=1, column=2, document=1)");
    check_json_refused("// no\n{}", "JSON has no comments (line=1, column=1, document=1)");
    check_json_refused("{\"a\": 01}", "not a JSON number that fits 64 bits (line=1, column=7, document=1)");
    check_json_refused(
        "{\"a\": 1e999}",
        "not a JSON number that fits 64 bits (line=1, column=7, document=1)",
    );
    check_json_refused(
        "{\"a\": \"x\ny\"}",
        "a control character in a text (line=1, column=9, document=1)\n  help: write it as an escape, such as \\n",
    );
    check_json_refused(
        "{\"a\": \"x",
        "a text is not closed (line=1, column=7, document=1)\n  help: add the closing quote",
    );
    check_json_refused("{\"a\": \"\\q\"}", "unknown escape (line=1, column=9, document=1)");
    check_json_refused("{\"a\": {}", "expected ',' or '}' (line=1, column=9, document=1)");
    check_json_refused(
        "{\"a\":1,\n\"a\":2}",
        "a key appears twice (line=2, column=1, key=a, first_line=1, document=1)\n  help: keep one of the two",
    );
}

#[test]
fn bytes_that_are_not_utf8_are_refused_with_their_place() {
    let say = |bytes: &[u8]| refused_as(Format::Auto, bytes);
    assert_eq!(say(b"a: 1\nb: \xe9\n"), "the text is not UTF-8 (line=2, column=4)\n  help: save it as UTF-8");
    assert_eq!(say(b"\xff\xfea\0"), "the text is UTF-16\n  help: save it as UTF-8");
    assert_eq!(say(b"\x7fELF\x02\0\0"), "not a text: a NUL byte (byte=5)");
}

#[test]
fn every_limit_is_named() {
    let mut limits = Limits::default();
    limits.file_bytes_max = 200;
    limits.documents_max = 2;
    limits.value_depth_max = 3;
    let options = Options::from(&limits).with_alias_values_max(20);
    let deep = "limit=value_depth_max, max=3";
    for (text, expected) in [
        ("a".repeat(201), "limit=file_bytes_max, max=200"),
        ("a: 1\n---\n".repeat(3), "limit=documents_max, max=2"),
        ("a: [[[1]]]".to_owned(), deep),
        ("{\"a\": [[[1]]]}".to_owned(), deep),
        ("a: &a [[1]]\nb: [*a]".to_owned(), deep),
        ("a: &a [1,2,3,4,5,6,7]\nb: [*a, *a]\n".to_owned(), "limit=alias_values_max, max=20"),
    ] {
        let error = read(text.as_bytes(), &options).expect_err(&text);
        assert_eq!(error.kind(), ErrorKind::Limit, "{text:?}");
        assert!(error.to_string().contains(expected), "{error} must name {expected}");
    }
}

#[test]
fn an_alias_bomb_ends_at_its_limit() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!("a{level}: &a{level} [{alias}]\n"));
    }
    let error = read(text.as_bytes(), &Options::default()).unwrap_err();
    assert!(error.to_string().contains("limit=alias_values_max"), "{error}");
}

#[test]
fn aliases_of_a_long_text_end_at_their_limit() {
    let text = format!("a: &a {{k: {}}}\nb: [{}]\n", "A".repeat(1000), "*a, ".repeat(100));
    let options = Options::default().with_alias_bytes_max(50_000);
    let error = read(text.as_bytes(), &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.to_string().contains("limit=alias_bytes_max, max=50000"), "{error}");
    assert!(read(text.as_bytes(), &options.with_alias_bytes_max(101_000)).is_ok());
}

#[test]
fn every_repeated_key_of_one_long_line_has_its_place() {
    let text = format!("{{\"x\": [{}{{}}], \"y\": 1, \"y\": 2}}", "{\"é\": 1, \"é\": 2}, ".repeat(3));
    let error = read(text.as_bytes(), &Options::default()).unwrap_err();
    let columns: Vec<_> = error.problems().iter().map(|one| one.context("column").unwrap()).collect();
    assert_eq!(columns, ["17", "35", "53", "75"]);
}

#[test]
fn nothing_is_too_deep_for_the_stack() {
    let mut options = Options::default();
    options.value_depth_max = usize::MAX;
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "- ".repeat(100_000), "? ".repeat(100_000)] {
        let error = read(text.as_bytes(), &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    }
}

#[test]
fn problems_beyond_the_limit_are_counted() {
    let text =
        "a: *x\n".to_owned() + &(0..150).map(|i| format!("b{i}: *x\n")).collect::<String>() + "---\na: [\n";
    let error = read(text.as_bytes(), &Options::default()).unwrap_err();
    let problems = error.problems();
    assert_eq!(problems.len(), 101);
    assert_eq!(
        problems[100].message(),
        "2 more problems",
        "the count of one document and the problem of the next"
    );
}

#[test]
fn values_never_reach_an_error() {
    for text in [
        "a: 'hunter2\nb: 1",
        "a: hunter2: x",
        "a: !!int hunter2",
        "a: [hunter2",
        "{\"a\": hunter2 ]}",
        "- hunter2\nhunter2",
        "stringData: {password: *hunter2!Xy}",
        "password: *hunter2\n",
        "password: &hunter2 [",
        "password: !hunter2! x",
        "password: |hunter2\n",
        "password: @hunter2",
    ] {
        let said = read(text.as_bytes(), &Options::default()).unwrap_err().explain();
        assert!(!said.contains("hunter2"), "{said}");
    }
}

fn field(path: &str) -> FieldPath {
    path.split('.').fold(FieldPath::root(), |path, name| match (name.parse(), name.split_once('=')) {
        (Ok(at), _) => path.index(at),
        (_, Some((key, value))) => path.key([(key, Value::from(value))]),
        _ => path.field(name),
    })
}

#[track_caller]
fn check_place(text: &str, document: usize, path: &str, expected: &str) {
    let documents = read(text.as_bytes(), &Options::default()).expect(text);
    let place = documents[document].locate(text.as_bytes(), &field(path));
    let said = place.map(|place| format!("{}:{} {:?}", place.line, place.column, &text[place.value]));
    assert_eq!(said.unwrap_or_default(), expected, "{path}");
}

#[test]
fn a_field_is_found_where_it_is_written() {
    let text = "\u{feff}# first\nx: 1\n---\nspec:\n  containers:\n  - name: web\n    image: \"a:1\"\n  - name: log # second\n    image: b:2\n0x10: y\n";
    check_place(text, 0, "x", "2:1 \"1\"");
    check_place(text, 1, "spec.containers.1.image", "9:5 \"b:2\"");
    check_place(text, 1, "spec.containers.name=log.image", "9:5 \"b:2\"");
    check_place(text, 1, "spec.containers.name=web.image", "7:5 \"\\\"a:1\\\"\"");
    check_place(text, 1, "spec.containers.0", "6:5 \"name: web\\n    image: \\\"a:1\\\"\"");
    check_place(text, 1, "spec.missing", "");
    let keys = read(text.as_bytes(), &Options::default()).unwrap();
    assert_eq!(keys[1].locate(text.as_bytes(), &FieldPath::root().field("16")).unwrap().line, 10);
}

#[test]
fn a_field_of_json_is_found_where_it_is_written() {
    check_place("{\"a\": 1} {\"b\":\n {\"c\": [1, \"x\"]}}", 1, "b.c.1", "2:12 \"\\\"x\\\"\"");
    check_place("{\"a\": 1} {\"b\": 2}", 1, "b", "1:11 \"2\"");
}

#[test]
fn all_items_of_a_list_are_found_at_once() {
    let text = b"\xef\xbb\xbfkind: List\nitems:\n- a: 1\n\n- [x,\n   y]\n-\n  z\n";
    let documents = read(text, &Options::default()).unwrap();
    let places = documents[0].locate_items(text, &FieldPath::root().field("items")).unwrap();
    let said: Vec<_> =
        places.iter().map(|p| (p.line, std::str::from_utf8(&text[p.value.clone()]).unwrap())).collect();
    assert_eq!(said, [(3, "a: 1"), (5, "[x,\n   y]"), (8, "z")]);
    assert_eq!(documents[0].locate_items(text, &FieldPath::root().field("kind")), None);
}

#[test]
fn what_an_alias_brings_is_found_at_the_alias() {
    check_place("a: &a {x: {z: 1}}\nb:\n  c: *a\n", 0, "b.c.x.z", "3:3 \"*a\"");
}

#[test]
fn debug_of_a_reader_and_a_document_shows_no_value() {
    let text = b"a: hunter2";
    assert!(!format!("{:?}", Reader::new(text, &Options::default()).unwrap()).contains("hunter2"));
    assert!(!format!("{:?}", read(text, &Options::default()).unwrap()).contains("hunter2"));
}

#[track_caller]
fn check_leaves(text: &str, expected: &str) {
    let found = windlass_yaml::leaves(text.as_bytes(), &Options::default()).expect(text);
    let lines = found.iter().map(|leaf| {
        let place = &leaf.place;
        let written = &text[place.value.clone()];
        format!(
            "{} {}:{} {}={} {written:?}",
            leaf.document,
            place.line,
            place.column,
            leaf.path,
            leaf.value.canonical()
        )
    });
    assert_eq!(lines.collect::<Vec<_>>().join("\n"), expected, "{text}");
}

#[test]
fn leaves_are_in_the_order_of_the_text() {
    check_leaves(
        "b: 1 # c\na:\n- x\n- {c: on}\n- |\n  y\n---\nd: &x [1]\ne: *x\nf:\n",
        "1 1:1 b=1 \"1\"\n1 3:3 a[0]=\"x\" \"x\"\n1 4:4 a[1].c=true \"on\"\n1 6:3 a[2]=\"y\\n\" \"y\\n\"\n2 8:8 d[0]=1 \"1\"\n2 10:1 f=null \"\"",
    );
    check_leaves(
        "{\"b\": 1.0,\n\t\"a\": [\"x\", {\"c\": null}]} {}",
        "1 1:2 b=1.0 \"1.0\"\n1 2:8 a[0]=\"x\" \"\\\"x\\\"\"\n1 2:14 a[1].c=null \"null\"",
    );
}

#[test]
fn the_last_of_equal_keys_wins_where_they_are_allowed() {
    let text = b"base: &b {x: 1, w: 1}\nmap: {x: 0, x: 2}\nover: {x: 3, <<: *b}\nunder:\n  <<: *b\n  w: 4\nmap: {z: 5}\n";
    let documents = read(text, &Options::default().with_repeated_keys(true)).unwrap();
    assert_eq!(
        documents[0].value.canonical(),
        r#"{"base":{"w":1,"x":1},"map":{"z":5},"over":{"w":1,"x":1},"under":{"w":4,"x":1}}"#
    );
}
