//! Makes templates: constructs of the language around calls of functions with arguments of mostly the right kinds.

/// What an argument is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    Text,
    Int,
    Number,
    Bool,
    List,
    Texts,
    Map,
    Pattern,
    Version,
    Range,
    Yaml,
    Json,
    Toml,
    Duration,
    Path,
    Format,
    Date,
    Layout,
    Url,
    Code,
    Key,
    Kinds,
    /// A time: what is none is now.
    Moment,
    Zone,
    /// A list in an order of chance.
    Unordered,
}

use Kind::{
    Any, Bool, Code, Date, Duration, Format, Int, Json, Key, Kinds, Layout, List, Map, Moment, Number, Path,
    Pattern, Range, Text, Texts, Toml, Unordered, Url, Version, Yaml, Zone,
};

/// A function with its arguments; the last kind repeats up to `more` times.
struct Function {
    name: &'static str,
    args: &'static [Kind],
    more: usize,
    gives: Kind,
}

const fn f(name: &'static str, args: &'static [Kind], more: usize, gives: Kind) -> Function {
    Function { name, args, more, gives }
}

#[rustfmt::skip]
const FUNCTIONS: &[Function] = &[
    f("quote", &[Any], 2, Text), f("squote", &[Any], 2, Text), f("upper", &[Text], 0, Text), f("lower", &[Text], 0, Text),
    f("title", &[Text], 0, Text), f("untitle", &[Text], 0, Text), f("trim", &[Text], 0, Text), f("trimAll", &[Text, Text], 0, Text),
    f("trimPrefix", &[Text, Text], 0, Text), f("trimSuffix", &[Text, Text], 0, Text), f("trunc", &[Int, Text], 0, Text),
    f("abbrev", &[Int, Text], 0, Text), f("abbrevboth", &[Int, Int, Text], 0, Text), f("substr", &[Int, Int, Text], 0, Text),
    f("repeat", &[Int, Text], 0, Text), f("replace", &[Text, Text, Text], 0, Text), f("nospace", &[Text], 0, Text),
    f("initials", &[Text], 0, Text), f("camelcase", &[Text], 0, Text), f("snakecase", &[Text], 0, Text),
    f("kebabcase", &[Text], 0, Text), f("swapcase", &[Text], 0, Text), f("wrap", &[Int, Text], 0, Text),
    f("wrapWith", &[Int, Text, Text], 0, Text), f("indent", &[Int, Text], 0, Text), f("nindent", &[Int, Text], 0, Text),
    f("cat", &[Any], 3, Text), f("plural", &[Text, Text, Int], 0, Text), f("contains", &[Text, Text], 0, Bool),
    f("hasPrefix", &[Text, Text], 0, Bool), f("hasSuffix", &[Text, Text], 0, Bool), f("toString", &[Any], 0, Text),
    f("toStrings", &[Any], 0, Texts), f("split", &[Text, Text], 0, Map), f("splitList", &[Text, Text], 0, Texts),
    f("splitn", &[Text, Int, Text], 0, Map), f("join", &[Text, Any], 0, Text), f("sortAlpha", &[Any], 0, Texts),
    f("print", &[Any], 3, Text), f("println", &[Any], 3, Text), f("printf", &[Format, Any], 3, Text), f("html", &[Any], 1, Text),
    f("js", &[Any], 1, Text), f("urlquery", &[Any], 1, Text), f("len", &[Any], 0, Int), f("index", &[Any, Any], 1, Any),
    f("slice", &[Any, Int], 1, Any), f("not", &[Any], 0, Bool), f("and", &[Any], 3, Any), f("or", &[Any], 3, Any),
    f("eq", &[Any, Any], 1, Bool), f("ne", &[Any, Any], 0, Bool), f("lt", &[Number, Number], 0, Bool),
    f("le", &[Number, Number], 0, Bool), f("gt", &[Number, Number], 0, Bool), f("ge", &[Number, Number], 0, Bool),
    f("default", &[Any, Any], 0, Any), f("empty", &[Any], 0, Bool), f("coalesce", &[Any], 3, Any), f("all", &[Any], 2, Bool),
    f("any", &[Any], 2, Bool), f("ternary", &[Any, Any, Bool], 0, Any), f("fail", &[Text], 0, Text), f("required", &[Text, Any], 0, Any),
    f("add", &[Number], 3, Int), f("add1", &[Number], 0, Int), f("sub", &[Number, Number], 0, Int), f("mul", &[Number, Number], 2, Int),
    f("div", &[Number, Number], 0, Int), f("mod", &[Number, Number], 0, Int), f("max", &[Number], 3, Int), f("min", &[Number], 3, Int),
    f("maxf", &[Number], 2, Number), f("minf", &[Number], 2, Number), f("addf", &[Number], 3, Number), f("add1f", &[Number], 0, Number),
    f("subf", &[Number, Number], 1, Number), f("mulf", &[Number, Number], 1, Number), f("divf", &[Number, Number], 0, Number),
    f("floor", &[Number], 0, Number), f("ceil", &[Number], 0, Number), f("round", &[Number, Int], 0, Number),
    f("int", &[Any], 0, Int), f("int64", &[Any], 0, Int), f("float64", &[Any], 0, Number), f("atoi", &[Text], 0, Int),
    f("toDecimal", &[Any], 0, Int), f("until", &[Int], 0, List), f("untilStep", &[Int, Int, Int], 0, List), f("seq", &[Int], 2, Text),
    f("list", &[Any], 4, List), f("tuple", &[Any], 3, List), f("first", &[List], 0, Any), f("last", &[List], 0, Any),
    f("rest", &[List], 0, List), f("initial", &[List], 0, List), f("append", &[List, Any], 0, List), f("push", &[List, Any], 0, List),
    f("prepend", &[List, Any], 0, List), f("concat", &[List], 2, List), f("reverse", &[List], 0, List), f("uniq", &[List], 0, List),
    f("without", &[List, Any], 2, List), f("has", &[Any, List], 0, Bool), f("compact", &[List], 0, List), f("chunk", &[Int, List], 0, List),
    f("mustFirst", &[List], 0, Any), f("mustLast", &[List], 0, Any), f("mustRest", &[List], 0, List), f("mustInitial", &[List], 0, List),
    f("mustAppend", &[List, Any], 0, List), f("mustPrepend", &[List, Any], 0, List), f("mustReverse", &[List], 0, List),
    f("mustUniq", &[List], 0, List), f("mustHas", &[Any, List], 0, Bool), f("mustCompact", &[List], 0, List),
    f("dict", &[Key, Any, Key, Any], 0, Map), f("get", &[Map, Key], 0, Any), f("set", &[Map, Key, Any], 0, Map),
    f("unset", &[Map, Key], 0, Map), f("hasKey", &[Map, Key], 0, Bool), f("keys", &[Map], 0, Unordered), f("values", &[Map], 0, Unordered),
    f("pluck", &[Key, Map], 2, List), f("dig", &[Key, Key, Any, Map], 0, Any), f("pick", &[Map, Key], 2, Map), f("omit", &[Map, Key], 2, Map),
    f("merge", &[Map, Map], 1, Map), f("mergeOverwrite", &[Map, Map], 1, Map), f("mustMerge", &[Map, Map], 0, Map),
    f("mustMergeOverwrite", &[Map, Map], 0, Map), f("deepCopy", &[Any], 0, Any), f("mustDeepCopy", &[Any], 0, Any),
    f("deepEqual", &[Any, Any], 0, Bool), f("typeOf", &[Any], 0, Text), f("kindOf", &[Any], 0, Text), f("kindIs", &[Kinds, Any], 0, Bool),
    f("typeIs", &[Kinds, Any], 0, Bool), f("typeIsLike", &[Kinds, Any], 0, Bool), f("regexMatch", &[Pattern, Text], 0, Bool),
    f("mustRegexMatch", &[Pattern, Text], 0, Bool), f("regexFind", &[Pattern, Text], 0, Text), f("mustRegexFind", &[Pattern, Text], 0, Text),
    f("regexFindAll", &[Pattern, Text, Int], 0, Texts), f("mustRegexFindAll", &[Pattern, Text, Int], 0, Texts),
    f("regexReplaceAll", &[Pattern, Text, Text], 0, Text), f("mustRegexReplaceAll", &[Pattern, Text, Text], 0, Text),
    f("regexReplaceAllLiteral", &[Pattern, Text, Text], 0, Text), f("regexSplit", &[Pattern, Text, Int], 0, Texts),
    f("mustRegexSplit", &[Pattern, Text, Int], 0, Texts), f("regexQuoteMeta", &[Text], 0, Text), f("semver", &[Version], 0, Any),
    f("semverCompare", &[Range, Version], 0, Bool), f("toYaml", &[Any], 0, Text), f("toYamlPretty", &[Any], 0, Text),
    f("fromYaml", &[Yaml], 0, Map), f("fromYamlArray", &[Yaml], 0, List), f("toJson", &[Any], 0, Text), f("mustToJson", &[Any], 0, Text),
    f("toPrettyJson", &[Any], 0, Text), f("toRawJson", &[Any], 0, Text), f("fromJson", &[Json], 0, Map), f("fromJsonArray", &[Json], 0, List),
    f("mustFromJson", &[Json], 0, Any), f("toToml", &[Map], 0, Text), f("fromToml", &[Toml], 0, Map), f("b64enc", &[Text], 0, Text),
    f("b64dec", &[Code], 0, Text), f("b32enc", &[Text], 0, Text), f("b32dec", &[Code], 0, Text), f("sha1sum", &[Text], 0, Text),
    f("sha256sum", &[Text], 0, Text), f("sha512sum", &[Text], 0, Text), f("adler32sum", &[Text], 0, Text), f("base", &[Path], 0, Path),
    f("dir", &[Path], 0, Path), f("ext", &[Path], 0, Text), f("clean", &[Path], 0, Path), f("isAbs", &[Path], 0, Bool),
    f("osBase", &[Path], 0, Path), f("osDir", &[Path], 0, Path), f("osExt", &[Path], 0, Text), f("osClean", &[Path], 0, Path),
    f("osIsAbs", &[Path], 0, Bool), f("urlParse", &[Url], 0, Map), f("urlJoin", &[Map], 0, Text), f("duration", &[Int], 0, Text),
    f("durationRound", &[Duration], 0, Text), f("toDate", &[Layout, Date], 0, Any), f("mustToDate", &[Layout, Date], 0, Any),
    f("date", &[Layout, Moment], 0, Text), f("dateInZone", &[Layout, Moment, Zone], 0, Text), f("htmlDate", &[Moment], 0, Text),
    f("hello", &[], 0, Text), f("tpl", &[Text, Any], 0, Text), f("quote", &[Text], 0, Text), f("call", &[Any], 1, Any),
];

/// Values that every template sees.
pub(super) fn values() -> serde_json::Value {
    serde_json::json!({
        "text": "Hello, World", "empty": "", "space": "  a b\tc  ", "lines": "one\ntwo\n\n three\n", "uni": "Grüße ☃ ß",
        "num": 42, "neg": -7, "zero": 0, "float": 3.75, "big": 123_456_789_012_i64, "small": 0.000_001,
        "yes": true, "no": false, "nil": null,
        "list": ["b", "a", "c", "a"], "nums": [3, 1, 2.5], "mixed": ["x", 1, true, null, { "k": "v" }, [1]], "none": [],
        "map": { "a": 1, "b": { "c": "d", "e": [1, 2] }, "z": null, "list": ["q"] }, "other": { "a": 2, "x": "y", "b": { "c": "z" } },
        "bare": {}, "weird": { "a-b": 1, "1": "one", "true": "t", "": "nothing", "k: v": "#", "Ä": "ö" },
        "strs": { "n": "12", "y": "yes", "f": "1e3", "date": "2024-01-02", "octal": "010", "null": "null", "tilde": "~", "hash": "a # b", "colon": "a: b" },
        "deep": { "l": [{ "m": { "n": [["o"]] } }] },
    })
}

#[rustfmt::skip]
const PATHS: &[(&str, Kind)] = &[
    (".Values.text", Text), (".Values.empty", Text), (".Values.space", Text), (".Values.lines", Text), (".Values.uni", Text),
    (".Values.num", Int), (".Values.neg", Int), (".Values.zero", Int), (".Values.float", Number), (".Values.big", Number),
    (".Values.small", Number), (".Values.yes", Bool), (".Values.no", Bool), (".Values.nil", Any), (".Values.list", Texts),
    (".Values.nums", List), (".Values.mixed", List), (".Values.none", List), (".Values.map", Map), (".Values.other", Map),
    (".Values.bare", Map), (".Values.weird", Map), (".Values.strs", Map), (".Values.deep", Map), (".Values.map.b.c", Text),
    (".Values.missing", Any), (".Values.map.b.e", List), (".Values.map.z", Any), (".Values.strs.n", Text), (".Values.strs.y", Text),
    (".Release.Name", Text), (".Chart.Version", Version), (".Chart.Name", Text), (".Release.IsInstall", Bool), (".Template.Name", Path),
    (".Capabilities.KubeVersion.Version", Version), (".Values.strs.date", Date), (".Values.deep.l", List),
];

#[rustfmt::skip]
fn literals(kind: Kind) -> &'static [&'static str] {
    match kind {
        Unordered => &[],
        Moment => &["0", "1700000000", "(toDate \"2006-01-02\" \"2024-02-29\")", "-1"],
        Zone => &["\"UTC\"", "\"\"", "\"Nowhere\"", "\"Local\""],
        Any => &["nil", "\"\"", "0", "1", "\"a\"", "true", "-1", "2.5", "(list)", "(dict)", "1e3", "'a'", "`raw \\n`"],
        Text => &["\"\"", "\"a\"", "\"Hello World\"", "\"foo_bar-baz Qux\"", "\" x \"", "\"aXbXc\"", "\"é☃😀\"", "\"l1\\nl2\\n\"", "\"<a&'\\\"b>\"", "\"yes\"", "\"0x1F\"", "\"a,b,,c\"", "\"$1-${0}\"", "\"HTTPServer2Go\"", "\"{{ .Values.num }}\"", "\"{{ upper .Values.text }}\"", "`a\tb`"],
        Int => &["0", "1", "2", "3", "5", "10", "-1", "-3", "7", "0x10", "0b11", "1_000", "'c'", "100"],
        Number => &["0", "1", "-2", "3.5", "-0.5", "1e3", "0.1", "2.675", "1e21", "1e-7", "\"12\"", "\"1.5\"", "\"x\"", "9007199254740993", "0x1p4"],
        Bool => &["true", "false"],
        List => &["(list)", "(list 1 2 3)", "(list \"b\" \"a\" \"a\")", "(list nil \"\" 0 false)", "(list (list 1) (dict \"a\" 1))", "(list 1 \"1\" 1.0)"],
        Texts => &["(list \"b\" \"a\")", "(splitList \",\" \"x,y,z\")", "(list)"],
        Map => &["(dict)", "(dict \"a\" 1 \"b\" \"x\")", "(dict \"a\" (dict \"b\" (dict \"c\" 1)))", "(dict \"z\" nil \"y\" (list 1))"],
        Pattern => &["\"a+\"", "\"[a-c]\"", "\"(l+)o\"", "\"^$\"", "\"\"", "\"\\\\s+\"", "\"(?i)hello\"", "\"(?P<x>[A-Z])([a-z]*)\"", "\"[\"", "\"\\\\bW\"", "\"x*\"", "\"(a|b)|c\"", "\"\\\\pL+\"", "\".\"", "\"(?s).+?\"", "\"[[:alpha:]]+\"", "\"a{2,3}\""],
        Version => &["\"1.2.3\"", "\"v1.2\"", "\"1\"", "\"1.2.3-beta.1+b.2\"", "\"1.x\"", "\"\"", "\"01.2.3\"", "\"1.34.0-gke.100\"", "\"2.0.0-rc1\""],
        Range => &["\">=1.2\"", "\"^1.2.3\"", "\"~1.2\"", "\"1.2.x || >=2.0.0-0\"", "\">1.0 <2.0\"", "\"!=1.2.3\"", "\"1.0 - 2.0\"", "\"*\"", "\"\"", "\"=v1.2.3\"", "\">=1.19-0\"", "\"^0.0.3\"", "\"~>1\"", "\"nope\"", "\">=1.0,<3\""],
        Yaml => &["\"a: 1\"", "\"- 1\\n- b\"", "\"a: {b: [c, 1.0, yes, ~]}\"", "\"\"", "\"a: b: c\"", "\"x: |\\n  l1\\n  l2\\ny: 010\"", "\"[1, 2\"", "\"a: &x 1\\nb: *x\"", "\"a: 1\\na: 2\"", "\"text\"", "\"a: !!str 1\\nb: 0x1f\\nc: 1_000\\nd: 2024-01-02\"", "\"? a\\n: b\"", "\"1: x\\ntrue: y\""],
        Json => &["\"{\\\"a\\\": [1, 2.5, null, true]}\"", "\"[1, \\\"x\\\"]\"", "\"{}\"", "\"\"", "\"{\\\"a\\\":}\"", "\"1e5\"", "\"\\\"\\\\u00e9\\\\ud83d\\\\ude00\\\"\"", "\"[1,]\"", "\"{\\\"a\\\":1} x\"", "\"nul\"", "\"-0\""],
        Toml => &["\"a = 1\"", "\"[t]\\nx = \\\"y\\\"\\n[[l]]\\nz = 1.5\"", "\"a = \"", "\"d = 2024-01-02T03:04:05Z\"", "\"a.b.c = [1, 2]\"", "\"x = 'lit'\\ny = 0xff\"", "\"\""],
        Duration => &["\"2h10m5s\"", "\"90s\"", "\"400h\"", "3600", "\"x\"", "0", "\"1.5h\""],
        Path => &["\"a/b/../c.txt\"", "\"/x//y/\"", "\"\"", "\".\"", "\"a.tar.gz\"", "\"../..\"", "\"/\"", "\"dir/.hidden\""],
        Format => &["\"%v\"", "\"%s-%d\"", "\"%5.2f|%-8s|%q\"", "\"%x %X %o %b\"", "\"%t %v %T\"", "\"%+v %#v\"", "\"%%|%c|%U\"", "\"%08d|%+d|% d\"", "\"%[2]v %[1]v\"", "\"%e %g %G\"", "\"%*d\"", "\"%!\"", "\"%s %s %s\"", "\"%6.3v|%-6v|%06v\"", "\"%x\"", "\"%q\""],
        Date => &["\"2024-01-02\"", "\"2024-02-30\"", "\"x\"", "\"2024-01-02T03:04:05Z\"", "\"02 Jan 06\""],
        Layout => &["\"2006-01-02\"", "\"2006-01-02T15:04:05Z07:00\"", "\"02 Jan 06\"", "\"Mon Jan _2 15:04:05 2006\"", "\"3:04PM\"", "\"\"", "\"20060102.000\""],
        Url => &["\"http://user:pw@host:80/p/a?q=1#f\"", "\"host/path\"", "\"\"", "\"mailto:a@b\"", "\"http://[::1]:8080/%2f\"", "\"//h\"", "\"http://a b\""],
        Code => &["\"aGVsbG8=\"", "\"!!\"", "\"\"", "\"NBSWY3DP\"", "\"aGk\""],
        Key => &["\"a\"", "\"b\"", "\"missing\"", "\"\"", "\"x\"", "\"list\"", "\"1\""],
        Kinds => &["\"string\"", "\"int\"", "\"map\"", "\"slice\"", "\"float64\"", "\"bool\"", "\"[]interface {}\"", "\"int64\"", "\"invalid\"", "\"map[string]interface {}\""],
    }
}

/// Numbers that follow from a seed.
pub(super) struct Maker {
    state: u64,
    pub(super) used: Vec<&'static str>,
    names: usize,
}

const DEPTH_MAX: usize = 3;

impl Maker {
    pub(super) fn new(seed: u64) -> Self {
        // Seeds that follow one another must not give one sequence, moved on by one.
        let mut first = Self { state: seed ^ 0x5851_f42d_4c95_7f2d, used: Vec::new(), names: 0 };
        first.state = first.next();
        first
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }

    fn uses(&mut self, construct: &'static str) {
        self.used.push(construct);
    }

    /// A template.
    pub(super) fn template(&mut self) -> String {
        let mut out = String::new();
        for _ in 0..=self.below(3) {
            out.push_str(&self.part(0));
        }
        out
    }

    fn part(&mut self, depth: usize) -> String {
        match self.below(if depth < 2 { 16 } else { 9 }) {
            0 => {
                self.uses("text");
                (*self.pick(&["a\n", " - b: ", "x\n\n", "\t", "# c\n"])).to_owned()
            }
            1 => {
                self.uses("variable");
                self.names += 1;
                let (name, value) = (self.names, self.value(Any, 0));
                let rest = self.part(depth + 1);
                let again = self.call(0);
                format!(
                    "{{{{ $v{name} := {value} }}}}{{{{ $v{name} | toJson }}}}{rest}{{{{ $v{name} = {again} }}}}{{{{ printf \"%v\" $v{name} }}}}"
                )
            }
            2 => {
                self.uses("trim");
                let value = self.call(0);
                format!(" \n{{{{- {value} -}}}}\n ")
            }
            3 => {
                self.uses("pipe");
                let mut function = self.function(None);
                let mut out = self.value(function.args.last().copied().unwrap_or(Any), 1);
                for at in 0..=self.below(2) {
                    if at > 0 {
                        function = self.function(None);
                    }
                    // A time that is none is now.
                    while at > 0 && function.args.last() == Some(&Moment) {
                        function = self.function(None);
                    }
                    let args = self.args(function, 1, true);
                    out = format!("{out} | {}{args}", function.name);
                }
                format!("{{{{ {out} }}}}")
            }
            9 | 10 => {
                self.uses("if");
                let (what, then, other) = (self.value(Any, 1), self.part(depth + 1), self.part(depth + 1));
                if self.one_in(3) {
                    let more = self.value(Bool, 1);
                    return format!("{{{{ if {what} }}}}{then}{{{{ else if {more} }}}}{other}{{{{ end }}}}");
                }
                format!("{{{{ if {what} }}}}{then}{{{{ else }}}}{other}{{{{ end }}}}")
            }
            11 | 12 => self.range(depth),
            13 => {
                self.uses("with");
                let (what, then) = (self.value(Any, 1), self.part(depth + 1));
                format!("{{{{ with {what} }}}}{{{{ . | toJson }}}}{{{{ else }}}}{then}{{{{ end }}}}")
            }
            14 => {
                self.uses("define");
                self.names += 1;
                let (name, body, what) = (self.names, self.part(2), self.value(Any, 1));
                let body = body.replace(".Values", "$.Values");
                let how = *self.pick(&["include", "template"]);
                self.uses(how);
                format!(
                    "{{{{ define \"t{name}\" }}}}[{{{{ kindOf . }}}}{body}]{{{{ end }}}}{{{{ {how} \"t{name}\" ({what}) }}}}"
                )
            }
            15 => {
                self.uses("method");
                (*self.pick(&[
                    "{{ .Capabilities.APIVersions.Has \"v1\" }}",
                    "{{ .Files.Get \"x\" }}",
                    "{{ .Capabilities.KubeVersion }}",
                    "{{ .Values.map.b.e | first }}",
                    "{{ $.Values.list | len }}",
                    "{{/* c */}}",
                    "{{ (index .Values.deep.l 0).m.n }}",
                    "{{ .Values.text.nope }}",
                    "{{ .Values.nil.nope }}",
                    "{{ (semver \"1.2.3\").Major }}",
                    "{{ .Values.missing.more }}",
                ]))
                .to_owned()
            }
            _ => format!("{{{{ {} }}}}", self.call(0)),
        }
    }

    fn range(&mut self, depth: usize) -> String {
        self.uses("range");
        let kind = *self.pick(&[List, Map, Texts, Int, Any]);
        let (over, body) = (self.value(kind, 1), self.part(2));
        let body = if depth == 0 { body.replace(".Values", "$.Values") } else { "x".to_owned() };
        match self.below(4) {
            0 => format!(
                "{{{{ range $k, $v := {over} }}}}{{{{ $k }}}}={{{{ $v | toJson }}}};{{{{ else }}}}none{{{{ end }}}}"
            ),
            1 => {
                self.uses("break");
                format!(
                    "{{{{ range $i, $e := {over} }}}}{{{{ if eq (toString $i) \"1\" }}}}{{{{ break }}}}{{{{ end }}}}{{{{ $e }}}},{{{{ end }}}}"
                )
            }
            2 => {
                self.uses("continue");
                format!(
                    "{{{{ range {over} }}}}{{{{ if not . }}}}{{{{ continue }}}}{{{{ end }}}}{{{{ . }}}},{{{{ end }}}}"
                )
            }
            _ => format!("{{{{ range {over} }}}}{body}{{{{ end }}}}"),
        }
    }

    fn function(&mut self, gives: Option<Kind>) -> &'static Function {
        // Text of what has an order of chance is text by chance.
        let counts = |function: &&Function| match gives {
            None => function.gives != Unordered,
            Some(kind) => function.gives == kind,
        };
        let all: Vec<&'static Function> = FUNCTIONS.iter().filter(counts).collect();
        let mut function = &FUNCTIONS[0];
        if !all.is_empty() {
            function = all[self.below(all.len())];
        }
        if matches!(function.name, "fail" | "required") && !self.one_in(4) {
            function = &FUNCTIONS[0];
        }
        self.uses(function.name);
        function
    }

    /// A call of a function.
    fn call(&mut self, depth: usize) -> String {
        if self.one_in(30) {
            let function = self.function(Some(Unordered));
            let how = *self.pick(&["len", "sortAlpha | join \",\"", "kindOf"]);
            let args = self.args(function, depth + 1, false);
            return format!("{}{args} | {how}", function.name);
        }
        let function = self.function(None);
        let args = self.args(function, depth + 1, false);
        format!("{}{args}", function.name)
    }

    fn args(&mut self, function: &Function, depth: usize, piped: bool) -> String {
        let mut kinds = function.args.to_vec();
        if let Some(last) = function.args.last() {
            kinds.extend(std::iter::repeat_n(*last, self.below(function.more + 1)));
        }
        if piped {
            kinds.pop();
        }
        if self.one_in(60) {
            kinds.pop();
        }
        kinds.iter().map(|kind| format!(" {}", self.argument(*kind, depth))).collect()
    }

    fn argument(&mut self, kind: Kind, depth: usize) -> String {
        let value = self.value(kind, depth);
        let is_one = !value.contains(' ') || value.starts_with(['(', '"', '`', '\'']);
        if is_one { value } else { format!("({value})") }
    }

    /// A value, mostly of a kind.
    fn value(&mut self, kind: Kind, depth: usize) -> String {
        // What is read as another language is mostly wrong otherwise, and a time that is none is now.
        let is_fixed = matches!(kind, Yaml | Toml | Json | Moment | Zone);
        let kind = if self.one_in(25) && !is_fixed { Any } else { kind };
        match self.below(if depth < DEPTH_MAX && !is_fixed { 10 } else { 7 }) {
            0..=2 => {
                let paths: Vec<_> = PATHS.iter().filter(|(_, have)| kind == Any || *have == kind).collect();
                if paths.is_empty() {
                    (*self.pick(literals(kind))).to_owned()
                } else {
                    self.pick(&paths).0.to_owned()
                }
            }
            3..=6 => (*self.pick(literals(kind))).to_owned(),
            _ => {
                let function = self.function(Some(kind).filter(|kind| *kind != Any));
                let args = self.args(function, depth + 1, false);
                format!("({}{args})", function.name)
            }
        }
    }
}
