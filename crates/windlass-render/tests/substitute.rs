//! Variables in objects, as Flux's postBuild puts them there.

#[allow(dead_code, reason = "this module is part of several tests")]
mod memory;

use std::sync::Arc;

use memory::{Memory, context};
use windlass_core::{
    Artifact, Digest, Error, Item, Need, Object, ObjectId, Origin, Provided, RenderInput, Rendered, Revision,
    Transform, TreePath, Value,
};
use windlass_render::{Substitute, VariablesFrom, VariablesKind};
use windlass_yaml::{Options, go, read};

const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

fn item(text: &str) -> Item {
    let document = read(text.as_bytes(), &Options::default()).expect(text).remove(0);
    let origin = Origin::new(TreePath::new("a.yaml").expect("a path"), document.index, document.line);
    Item::new(Object::new(document.value).expect(text), origin)
}

fn run(substitute: &Substitute, provided: &Provided, texts: &[&str]) -> Result<Rendered, Error> {
    let artifact =
        Artifact::new(Revision::new("sha1:1"), Digest::of(b"1"), Arc::new(Memory::new::<&str>(&[])));
    let root = TreePath::root();
    let input = RenderInput::new(&artifact, &root).with_provided(provided);
    let rendered = Rendered { items: texts.iter().map(|text| item(text)).collect(), ..Rendered::default() };
    substitute.transform(&context(), &input, rendered)
}

fn vars() -> Substitute {
    Substitute::new([("name", "web"), ("n", "3"), ("yes", "true"), ("lines", "a\nb"), ("empty", "")])
}

/// Substitutes in the fields below the head of a ConfigMap.
#[track_caller]
fn check(substitute: &Substitute, fields: &str, expected: &str) {
    let rendered = run(substitute, &Provided::default(), &[&format!("{HEAD}{fields}")]).expect(fields);
    let text = go::to_yaml(rendered.items[0].object.body());
    let rest = text
        .replace("apiVersion: v1\n", "")
        .replace("kind: ConfigMap\n", "")
        .replace("metadata:\n  name: a\n", "");
    assert_eq!(rest, expected, "{fields}");
}

#[track_caller]
fn check_refused(substitute: &Substitute, fields: &str, expected: &str) {
    let error = run(substitute, &Provided::default(), &[&format!("{HEAD}{fields}")]).expect_err(fields);
    assert_eq!(error.explain(), expected, "{fields}");
}

#[test]
fn what_a_variable_brings_is_read_as_yaml() {
    check(&vars(), "a: ${n}\nb: x-${n}\nc: ${yes}\nd: '${missing}'\n", "a: 3\nb: x-3\nc: true\nd: null\n");
    check(&vars(), "a: [\"${n}\", '{x: ${n}}']\n", "a:\n- 3\n- '{x: 3}'\n");
    check(&vars(), "a: ${lines}\n", "a: ab\n");
    check(&vars(), "${name}: 1\n", "web: 1\n");
    check(&vars(), "a: |\n  x ${n}\n  $${n}\n", "a: |\n  x 3\n  ${n}\n");
    check(&vars(), "a: $name $(name) $$name\n", "a: $name $(name) $name\n");
}

#[test]
fn an_object_can_be_left_out() {
    for place in ["annotations", "labels"] {
        let text =
            format!("{HEAD}  {place}: {{kustomize.toolkit.fluxcd.io/substitute: disabled}}\na: ${{n}}\n");
        let rendered = run(&vars(), &Provided::default(), &[&text]).unwrap();
        assert_eq!(rendered.items[0].object.body().text_at(&["a"]), Some("${n}"));
        assert!(rendered.items[0].origin.transformers.is_empty());
    }
}

#[test]
fn without_a_variable_nothing_happens_unless_asked() {
    let none = Substitute::new([("", ""); 0]);
    check(&none, "a: ${n:=1}\n", "a: ${n:=1}\n");
    check(&none.with_always(true), "a: ${n:=1}\n", "a: 1\n");
}

#[test]
fn only_what_changed_names_the_transform() {
    let b = HEAD.replace("name: a", "name: b");
    let rendered = run(&vars(), &Provided::default(), &[&format!("{HEAD}a: ${{n}}\n"), &b]).unwrap();
    let names: Vec<usize> = rendered.items.iter().map(|item| item.origin.transformers.len()).collect();
    assert_eq!(names, [1, 0]);
}

#[test]
fn strict_names_the_variable_and_the_field() {
    let strict = vars().with_strict(true);
    check(&strict, "a: ${missing:-x}\nb: ${empty}\n", "a: x\nb: null\n");
    check_refused(
        &strict,
        "a: ${n}\nb: ['${missing}']\n",
        "variable not set (strict mode) (field=b[0], variable=missing, object=ConfigMap//a, origin=a.yaml:1)\n  help: give it a \
         value, or write a default: ${name:-default}",
    );
}

#[test]
fn mistakes_name_object_and_field() {
    check_refused(
        &vars(),
        "data:\n  run.sh: echo ${a[0]}\n",
        "missing closing brace (field=data[\"run.sh\"], object=ConfigMap//a, origin=a.yaml:1)\n  help: write $${ for text that is no expression, or annotate the object with kustomize.toolkit.fluxcd.io/substitute: disabled",
    );
    check_refused(
        &Substitute::new([("a", "x: y")]),
        "b: ${a}\n",
        "with its variables the object is no YAML any more (problem=a colon where no key can be, object=ConfigMap//a, origin=a.yaml:1)\n  help: quote the expression",
    );
    check_refused(
        &Substitute::new([("a-b", "x")]),
        "b: c\n",
        "the name of a variable is letters, digits and _, and begins with no digit (variable=a-b)",
    );
}

#[test]
fn what_flux_lets_through_is_a_warning_or_an_error() {
    let text = format!("{HEAD}data:\n  a: ${{n}}\n  b: '${{gone}}'\n");
    let rendered = run(&vars(), &Provided::default(), &[&text]).unwrap();
    let warnings: Vec<&str> = rendered.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(warnings[0].contains("variable=gone"), "{warnings:?}");
    assert!(warnings[1].contains("field=data.a"), "{warnings:?}");
    let error = run(&vars().with_checks(true), &Provided::default(), &[&text]).unwrap_err();
    assert_eq!(error.problems().len(), 3, "{}", error.explain());
}

#[test]
fn two_objects_may_not_get_one_name() {
    let b = HEAD.replace("name: a", "name: '${x}'");
    let error = run(&Substitute::new([("x", "a")]), &Provided::default(), &[HEAD, &b]).unwrap_err();
    assert!(error.explain().contains("one identity"), "{}", error.explain());
}

fn need(kind: &str, name: &str) -> Need {
    Need::Object { id: ObjectId::new("", kind, "apps", name), api_version: "v1".into() }
}

#[test]
fn objects_bring_variables_and_the_later_one_wins() {
    let from = Substitute::new([("own", "o")])
        .with_source(VariablesFrom::new(VariablesKind::ConfigMap, "apps", "c"))
        .with_source(VariablesFrom::new(VariablesKind::Secret, "apps", "s"))
        .with_source(VariablesFrom::new(VariablesKind::Secret, "apps", "gone").with_optional(true));
    let text = format!("{HEAD}a: ${{x}} ${{z}} ${{own}}\n");
    let missing = run(&from, &Provided::default(), &[&text]).unwrap_err();
    assert_eq!(missing.needs().len(), 3);
    let object = |text: &str| item(text).object;
    let mut provided = Provided::default();
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: apps}\ndata: {x: cx, z: cy, own: c}\n";
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: apps}\ndata: {z: c3k=}\n";
    provided.objects.insert(need("ConfigMap", "c"), Some(object(config)));
    provided.objects.insert(need("Secret", "s"), Some(object(secret)));
    provided.objects.insert(need("Secret", "gone"), None);
    let rendered = run(&from, &provided, &[&text]).unwrap();
    assert_eq!(rendered.items[0].object.body().get("a"), Some(&Value::from("cx sy o")));
    assert_eq!(rendered.reads.len(), 3);
    provided.objects.insert(need("ConfigMap", "c"), None);
    let error = run(&from, &provided, &[&text]).unwrap_err();
    assert_eq!(
        error.explain(),
        "an object with variables is not there (kind=ConfigMap, namespace=apps, name=c)"
    );
}

#[test]
fn values_are_in_no_debug_and_change_the_fingerprint() {
    let a = Substitute::new([("password", "hunter2")]);
    assert!(!format!("{a:?}").contains("hunter2"));
    assert_ne!(a.fingerprint(), Substitute::new([("password", "hunter3")]).fingerprint());
    let error =
        run(&Substitute::new([("a", "hunter2: &*")]), &Provided::default(), &[&format!("{HEAD}b: ${{a}}\n")])
            .unwrap_err();
    assert!(!error.explain().contains("hunter2"), "{}", error.explain());
}
