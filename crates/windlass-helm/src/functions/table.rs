//! The table of functions by name and version.

use std::{collections::HashMap, fmt, rc::Rc, sync::LazyLock};

use crate::template::{HelmVersion, Param, Signature, Value, failure::Run, shared::Shared};

/// A function of templates.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) signature: Signature,
    pub(crate) body: Body,
    since: Since,
}

/// What a function does.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    /// `and`: stops at the first that is false.
    And,
    /// `or`: stops at the first that is true.
    Or,
    /// `call`: there are no functions among values, so that it only fails.
    Call,
    /// Any other: is given all arguments, which have the types of its parameters.
    Plain(Plain),
}

/// The code of a function.
pub(crate) type Plain = fn(&mut Shared<'_>, &[Value]) -> Run<Value>;

/// Which versions of Helm have a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Both,
    V4,
}

impl Function {
    /// A function with a fixed number of parameters.
    pub(super) const fn new(name: &'static str, params: &'static [Param], body: Plain) -> Self {
        let signature = Signature { params, variadic: false };
        Self { name, signature, body: Body::Plain(body), since: Since::Both }
    }

    /// A function whose last parameter takes any number of arguments.
    pub(super) const fn variadic(name: &'static str, params: &'static [Param], body: Plain) -> Self {
        let signature = Signature { params, variadic: true };
        Self { name, signature, body: Body::Plain(body), since: Since::Both }
    }

    /// `and`, `or` and `call`.
    pub(super) const fn special(name: &'static str, body: Body) -> Self {
        let signature = Signature { params: &[Param::Reflect, Param::Reflect], variadic: true };
        Self { name, signature, body, since: Since::Both }
    }

    /// The same function, but in Helm 4 only.
    pub(super) const fn of_v4(self) -> Self {
        Self { since: Since::V4, ..self }
    }

    /// Finds the function of a name.
    pub(crate) fn find(name: &str, version: HelmVersion) -> Option<&'static Self> {
        static BY_NAME: LazyLock<HashMap<&'static str, &'static Function>> =
            LazyLock::new(|| ALL.iter().flat_map(|group| group.iter()).map(|f| (f.name, f)).collect());
        let function = *BY_NAME.get(name)?;
        (function.since == Since::Both || version == HelmVersion::V4).then_some(function)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// All functions, by what they are about.
static ALL: &[&[Function]] = &[
    super::go::FUNCTIONS,
    super::compare::FUNCTIONS,
    super::helm::FUNCTIONS,
    super::encode::FUNCTIONS,
    super::strings::FUNCTIONS,
    super::lists::FUNCTIONS,
    super::dicts::FUNCTIONS,
    super::numbers::FUNCTIONS,
    super::defaults::FUNCTIONS,
    super::reflect::FUNCTIONS,
    super::paths::FUNCTIONS,
    super::dates::FUNCTIONS,
    super::regexes::FUNCTIONS,
    super::versions::FUNCTIONS,
    super::urls::FUNCTIONS,
    super::secrets::FUNCTIONS,
];

/// What functions keep during a session.
#[derive(Default)]
pub(crate) struct Caches {
    /// Compiled expressions, or the text of their error.
    pub(super) regexes: HashMap<Vec<u8>, Result<Rc<regex::bytes::Regex>, String>>,
    /// How many bytes the expressions may take that were ever compiled, and those that are kept.
    pub(super) compiled: usize,
    pub(super) kept: usize,
}
