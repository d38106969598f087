//! Tokens as a tree.

use crate::token::{Token, tokens};
use crate::tree::{Operator, Tree, Walk};
use crate::{Invalid, Value};

/// The most bytes of an expression.
pub const TEXT_BYTES_MAX: usize = 64 << 10;

/// How deep an expression is at most.
pub const DEPTH_MAX: usize = 100;

/// Words that the language keeps for itself.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// A tree and how deep it is.
type Deep = (Tree, usize);

/// Reads an expression.
pub(crate) fn parse(text: &str) -> Result<Tree, Invalid> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Invalid::new(format!("the expression is too long (text_bytes_max={TEXT_BYTES_MAX})"), 1));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), depth: 0, column: 1 };
    let (tree, _) = parser.expression()?;
    match parser.tokens.next() {
        Some((_, column)) => Err(Invalid::new("the expression should end here", column)),
        None => Ok(tree),
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<(Token, usize)>>,
    /// How many expressions are being read that hold one another.
    depth: usize,
    /// Where the last token stood.
    column: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let (token, column) = self.tokens.next()?;
        self.column = column;
        Some(token)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is = matches!(self.tokens.peek(), Some((Token::Sign(next), _)) if *next == sign);
        if is {
            self.next();
        }
        is
    }

    fn needs(&mut self, sign: &str) -> Result<(), Invalid> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected(&format!("{sign:?}"))) }
    }

    fn unexpected(&mut self, wanted: &str) -> Invalid {
        match self.tokens.peek() {
            Some((_, column)) => Invalid::new(format!("{wanted} is missing"), *column),
            None => Invalid::new(format!("the expression ends where {wanted} is missing"), self.column),
        }
    }

    /// The depth of a tree above others.
    fn above(&self, below: usize) -> Result<usize, Invalid> {
        let depth = below + 1;
        if depth > DEPTH_MAX { Err(self.too_deep()) } else { Ok(depth) }
    }

    fn too_deep(&self) -> Invalid {
        Invalid::new(format!("the expression is too deep (depth_max={DEPTH_MAX})"), self.column)
    }

    fn expression(&mut self) -> Result<Deep, Invalid> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.too_deep());
        }
        let (condition, mut below) = self.any()?;
        let tree = if self.takes("?") {
            let (yes, one) = self.any()?;
            self.needs(":")?;
            let (no, other) = self.expression()?;
            below = self.above(below.max(one).max(other))?;
            Tree::If(Box::new([condition, yes, no]))
        } else {
            condition
        };
        self.depth -= 1;
        Ok((tree, below))
    }

    fn any(&mut self) -> Result<Deep, Invalid> {
        self.several("||", Self::all, Tree::Any)
    }

    fn all(&mut self) -> Result<Deep, Invalid> {
        self.several("&&", |parser| parser.binary(1), Tree::All)
    }

    fn several(
        &mut self,
        sign: &str,
        part: fn(&mut Self) -> Result<Deep, Invalid>,
        join: fn(Vec<Tree>) -> Tree,
    ) -> Result<Deep, Invalid> {
        let (first, mut below) = part(self)?;
        let mut parts = vec![first];
        while self.takes(sign) {
            let (next, depth) = part(self)?;
            below = below.max(depth);
            parts.push(next);
        }
        match parts.pop() {
            Some(only) if parts.is_empty() => Ok((only, below)),
            last => Ok((join(parts.into_iter().chain(last).collect()), self.above(below)?)),
        }
    }

    /// Operators that bind at least as strongly.
    fn binary(&mut self, strength: u8) -> Result<Deep, Invalid> {
        let (mut left, mut below) = self.unary()?;
        while let Some(operator) = self.operator().filter(|operator| operator.strength() >= strength) {
            self.next();
            let (right, depth) = self.binary(operator.strength() + 1)?;
            below = self.above(below.max(depth))?;
            left = Tree::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok((left, below))
    }

    fn operator(&mut self) -> Option<Operator> {
        use Operator::{
            Add, Divide, Equal, Greater, GreaterOrEqual, In, Less, LessOrEqual, Multiply, NotEqual,
            Remainder, Subtract,
        };
        let all = [
            Equal,
            NotEqual,
            Less,
            LessOrEqual,
            Greater,
            GreaterOrEqual,
            In,
            Add,
            Subtract,
            Multiply,
            Divide,
            Remainder,
        ];
        match self.tokens.peek()? {
            (Token::Sign(sign), _) => all.into_iter().find(|operator| operator.sign() == *sign),
            _ => None,
        }
    }

    fn unary(&mut self) -> Result<Deep, Invalid> {
        let sign = match self.tokens.peek() {
            Some((Token::Sign(sign @ ("!" | "-")), _)) => *sign,
            _ => return self.member(),
        };
        let mut count = 0;
        while self.takes(sign) {
            count += 1;
        }
        if sign == "-"
            && let Some((Token::Whole(digits), _)) = self.tokens.peek()
        {
            let value = 0_i64.checked_sub_unsigned(*digits);
            let value = value.ok_or_else(|| self.unexpected("a number that is an int"))?;
            self.next();
            // The last sign belongs to the number.
            let (tree, below) = self.parts((Tree::Constant(Value::Int(value)), 1))?;
            return if count % 2 == 1 {
                Ok((tree, below))
            } else {
                Ok((Tree::Negative(Box::new(tree)), self.above(below)?))
            };
        }
        let (tree, below) = self.member()?;
        match (count % 2, sign) {
            (1, "!") => Ok((Tree::Not(Box::new(tree)), self.above(below)?)),
            (1, _) => Ok((Tree::Negative(Box::new(tree)), self.above(below)?)),
            _ => Ok((tree, below)),
        }
    }

    fn member(&mut self) -> Result<Deep, Invalid> {
        let primary = self.primary()?;
        self.parts(primary)
    }

    /// What follows a value: fields, methods, places.
    fn parts(&mut self, (mut tree, mut below): Deep) -> Result<Deep, Invalid> {
        loop {
            let depth;
            if self.takes(".") {
                let optional = self.takes("?");
                let name = self.name("the name of a field")?;
                (tree, depth) = if !optional && self.takes("(") {
                    self.method(tree, name)?
                } else {
                    (Tree::Field { of: Box::new(tree), name, optional }, 0)
                };
            } else if self.takes("[") {
                let optional = self.takes("?");
                let (at, inner) = self.expression()?;
                self.needs("]")?;
                (tree, depth) = (Tree::Index { of: Box::new(tree), at: Box::new(at), optional }, inner);
            } else {
                return Ok((tree, below));
            }
            below = self.above(below.max(depth))?;
        }
    }

    fn name(&mut self, wanted: &str) -> Result<String, Invalid> {
        match self.tokens.peek() {
            Some((Token::Name(_), _)) => match self.next() {
                Some(Token::Name(name)) => Ok(name),
                _ => Err(self.unexpected(wanted)),
            },
            _ => Err(self.unexpected(wanted)),
        }
    }

    fn primary(&mut self) -> Result<Deep, Invalid> {
        let root = self.takes(".");
        let Some(&(ref token, column)) = self.tokens.peek() else { return Err(self.unexpected("a value")) };
        match token {
            Token::Name(name) if !root && name == "has" => self.has_or_call(),
            Token::Name(_) => self.named(),
            _ if root => Err(Invalid::new("a name is missing", column)),
            Token::Literal(_) | Token::Whole(_) => match self.next() {
                Some(Token::Literal(value)) => Ok((Tree::Constant(value), 1)),
                Some(Token::Whole(digits)) => match i64::try_from(digits) {
                    Ok(value) => Ok((Tree::Constant(Value::Int(value)), 1)),
                    Err(_) => Err(Invalid::new("a number is too large for an int", column)),
                },
                _ => Err(self.unexpected("a value")),
            },
            Token::Sign("(") => {
                self.next();
                let inner = self.expression()?;
                self.needs(")")?;
                Ok(inner)
            }
            Token::Sign("[") => self.list(),
            Token::Sign("{") => self.map(),
            Token::Sign(_) => Err(Invalid::new("a value is missing", column)),
        }
    }

    fn has_or_call(&mut self) -> Result<Deep, Invalid> {
        let (tree, below) = self.named()?;
        match tree {
            Tree::Call { target: None, mut arguments, column, .. } => {
                match (arguments.pop(), arguments.is_empty()) {
                    (Some(Tree::Field { of, name, optional: false }), true) => {
                        Ok((Tree::Has { of, name }, below))
                    }
                    _ => Err(Invalid::new("invalid argument to has() macro", column)),
                }
            }
            other => Ok((other, below)),
        }
    }

    /// A variable or a function; the names of functions may have parts, as `optional.of`.
    fn named(&mut self) -> Result<Deep, Invalid> {
        let mut name = self.name("a name")?;
        let column = self.column;
        if RESERVED.contains(&name.as_str()) {
            return Err(Invalid::new(format!("reserved identifier: {name}"), column));
        }
        if crate::check::is_namespace(&name) && self.takes(".") {
            let inner = self.name("the name of a function")?;
            name = format!("{name}.{inner}");
        }
        if !self.takes("(") {
            return Ok((Tree::Name(name, column), 1));
        }
        let (arguments, below) = self.arguments()?;
        Ok((Tree::Call { target: None, function: name, arguments, column }, self.above(below)?))
    }

    fn arguments(&mut self) -> Result<(Vec<Tree>, usize), Invalid> {
        let (mut arguments, mut below) = (Vec::new(), 0);
        while !self.takes(")") {
            if !arguments.is_empty() {
                self.needs(",")?;
            }
            let (argument, depth) = self.expression()?;
            below = below.max(depth);
            arguments.push(argument);
        }
        Ok((arguments, below))
    }

    /// A method or a macro, and the depth of its arguments.
    fn method(&mut self, target: Tree, function: String) -> Result<Deep, Invalid> {
        let column = self.column;
        let (mut arguments, below) = self.arguments()?;
        let walk = match (function.as_str(), arguments.len()) {
            ("all", 2) => Some(Walk::All),
            ("exists", 2) => Some(Walk::Exists),
            ("exists_one" | "existsOne", 2) => Some(Walk::ExistsOne),
            ("filter", 2) => Some(Walk::Filter),
            ("map", 2 | 3) => Some(Walk::Map),
            ("optMap" | "optFlatMap", 2) => None,
            _ => {
                return Ok((
                    Tree::Call { target: Some(Box::new(target)), function, arguments, column },
                    below,
                ));
            }
        };
        let parts = arguments.split_off(1);
        let variable = match arguments.pop() {
            Some(Tree::Name(name, _)) if !name.contains('.') => name,
            _ => return Err(Invalid::new("argument must be a simple name", column)),
        };
        let of = Box::new(target);
        let tree = match (walk, parts.into_iter().collect::<Vec<_>>()) {
            (Some(walk), parts) => Tree::Each { walk, of, variable, parts },
            (None, mut parts) => {
                let body = Box::new(parts.pop().unwrap_or(Tree::Constant(Value::Null)));
                Tree::OptMap { of, variable, body, flat: function == "optFlatMap" }
            }
        };
        Ok((tree, below))
    }

    fn list(&mut self) -> Result<Deep, Invalid> {
        self.next();
        let (mut items, mut below) = (Vec::new(), 0);
        while !self.takes("]") {
            let optional = self.takes("?");
            let (item, depth) = self.expression()?;
            below = below.max(depth);
            items.push((item, optional));
            if !self.takes(",") {
                self.needs("]")?;
                break;
            }
        }
        Ok((Tree::List(items), self.above(below)?))
    }

    fn map(&mut self) -> Result<Deep, Invalid> {
        self.next();
        let (mut entries, mut below) = (Vec::new(), 0);
        while !self.takes("}") {
            let optional = self.takes("?");
            let (key, one) = self.expression()?;
            self.needs(":")?;
            let (value, other) = self.expression()?;
            below = below.max(one).max(other);
            entries.push((key, value, optional));
            if !self.takes(",") {
                self.needs("}")?;
                break;
            }
        }
        Ok((Tree::Map(entries), self.above(below)?))
    }
}
