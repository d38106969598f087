//! Each function of templates takes any arguments: the first byte chooses the function, the second its arguments.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_fuzz::{Chance, choice, limits, template_limits, texts};
use windlass_helm::template::{Engine, Env, HelmVersion, Map, Value};
use windlass_yaml::{Options, read};

/// The names of all functions, the first part of a dictionary of libFuzzer.
const NAMES: &str = include_str!("../dictionaries/helm.dict");

/// What takes long because it has to: keys, and hashes of passwords.
const SLOW: [&str; 4] = ["gen", "bcrypt", "htpasswd", "derivePassword"];

/// Arguments: `.a`, `.b` and `.c` are texts, `.m` and `.n` numbers, `.v` is what `.c` says as YAML.
const ARGUMENTS: [&str; 32] = [
    ".a",
    ".a .b",
    ".a .b .c",
    ".b .c .a",
    ".a .b .c .a",
    ".v",
    ".v .v",
    ".v .a",
    ".a .v",
    ".n",
    ".n .m",
    ".n .a",
    ".a .n",
    ".n .m .a",
    ".a .b .n",
    ".a .n .b",
    ".n .a .b",
    ".n .v",
    ".v .n",
    ".v .n .m",
    ".a .n .m",
    ".a .b .v",
    ".a .v .b",
    ".v .a .b",
    "(list .a .b .v)",
    "(dict .a .b) .v",
    "(dict .a .v) .a",
    ".a (list .b .c)",
    ".a now",
    ".a (toDate .b .c)",
    ".a (toDate .b .c) .c",
    "",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((name, rest)) = choice(bytes, u8::MAX) else { return };
    let Some((arguments, rest)) = choice(rest, ARGUMENTS.len() as u8) else { return };
    let Some((numbers, rest)) = rest.split_at_checked(2) else { return };
    let Some(texts) = texts(rest) else { return };
    let lines = NAMES.lines().skip(1).take_while(|line| !line.is_empty());
    let name = lines.cycle().nth(name.into()).expect("there are names").trim_matches('"');
    if SLOW.iter().any(|word| name.contains(word)) {
        return;
    }
    let template = format!("{{{{ {name} {} }}}}", ARGUMENTS[usize::from(arguments)]);
    for version in [HelmVersion::V4, HelmVersion::V3] {
        let Ok(engine) = Engine::compile(version, [("t", template.as_str())]) else { continue };
        let first = called(&engine, numbers, texts);
        assert!(first == called(&engine, numbers, texts), "a call gives the same again: {template}");
    }
});

fn called(engine: &Engine, numbers: &[u8], [a, b, c]: [&str; 3]) -> Result<Vec<u8>, String> {
    let chance = Chance::default();
    let env = Env { random: Some(&chance), limits: template_limits(), ..Env::default() };
    let [m, n] = [0, 1].map(|at| i64::from(numbers[at].cast_signed()));
    let documents = read(c.as_bytes(), &Options::from(&limits())).ok();
    let value = documents.and_then(|all| all.first().map(|first| Value::of_file(&first.value)));
    let data: Map = [
        ("a", Value::from(a)),
        ("b", Value::from(b)),
        ("c", Value::from(c)),
        ("m", Value::Int(m)),
        // Beside small numbers those at the ends of what an int64 holds.
        ("n", Value::Int(if n % 16 == 15 { i64::MAX - n } else { n })),
        ("v", value.unwrap_or_default()),
    ]
    .into_iter()
    .collect();
    engine.render("t", &data.into(), &env).map_err(|error| error.to_string())
}
