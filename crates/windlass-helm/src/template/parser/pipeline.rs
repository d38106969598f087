//! Pipelines: declarations, commands, operands.

use super::super::{
    lexer::{Kind, Token},
    node::{Command, Expr, ExprKind, Fields, Pipe},
    number::Number,
    quote::{quote, unquote},
    text::lossy,
};
use super::{Parsed, Parser};
use crate::functions::Function;

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipe> {
        let token = self.peek_non_space();
        let mut pipe = Pipe { pos: token.start, assigns: false, declared: Vec::new(), commands: Vec::new() };
        self.declarations(context, &mut pipe)?;
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => {
                    self.check_pipeline(&pipe, context)?;
                    return Ok(pipe);
                }
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.back(token);
                    pipe.commands.push(self.command()?);
                }
                _ => return self.unexpected(token, context),
            }
        }
    }

    fn declarations(&mut self, context: &str, pipe: &mut Pipe) -> Parsed<()> {
        while self.peek_non_space().kind == Kind::Variable {
            let variable = self.next();
            let after = self.peek();
            let next = self.peek_non_space();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    pipe.assigns = next.kind == Kind::Assign;
                    self.next_non_space();
                    self.declare(variable, pipe);
                    return Ok(());
                }
                Kind::Char if self.bytes(next) == b"," => {
                    self.next_non_space();
                    self.declare(variable, pipe);
                    if context != "range" || pipe.declared.len() >= 2 {
                        return self.fail(format!("too many declarations in {context}"));
                    }
                    if !matches!(
                        self.peek_non_space().kind,
                        Kind::Variable | Kind::RightDelim | Kind::RightParen
                    ) {
                        return self.fail("range can only initialize variables");
                    }
                }
                _ => {
                    // A space after the variable was skipped: the command needs it to part its arguments.
                    if after.kind == Kind::Space {
                        self.back(after);
                    }
                    self.back(variable);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn declare(&mut self, token: Token, pipe: &mut Pipe) {
        let name = self.text(token);
        let index = self.name_index(&name);
        pipe.declared.push(index);
        self.scope.push(index);
    }

    fn name_index(&mut self, name: &str) -> u32 {
        let at = self.names.iter().position(|other| other == name).unwrap_or_else(|| {
            self.names.push(name.into());
            self.names.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    fn check_pipeline(&self, pipe: &Pipe, context: &str) -> Parsed<()> {
        if pipe.commands.is_empty() {
            return self.fail(format!("missing value for {context}"));
        }
        for (index, command) in pipe.commands.iter().enumerate().skip(1) {
            let first = &command.args[0].kind;
            if matches!(
                first,
                ExprKind::Bool(_)
                    | ExprKind::Dot
                    | ExprKind::Nil
                    | ExprKind::Number(_)
                    | ExprKind::Text { .. }
            ) {
                return self.fail(format!("non executable command in pipeline stage {}", index + 1));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<Command> {
        let mut command = Command { pos: self.peek_non_space().start, args: Vec::new() };
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                command.args.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.back(token),
                Kind::Pipe => {}
                _ => return self.unexpected(token, "operand"),
            }
            break;
        }
        if command.args.is_empty() { self.fail("empty command") } else { Ok(command) }
    }

    fn operand(&mut self) -> Parsed<Option<Expr>> {
        let Some(term) = self.term()? else {
            return Ok(None);
        };
        if self.peek().kind != Kind::Field {
            return Ok(Some(term));
        }
        let pos = self.peek().start;
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            let token = self.next();
            fields.push(self.text(token)[1..].into());
        }
        self.chain(term, pos, fields).map(Some)
    }

    fn chain(&mut self, term: Expr, pos: usize, fields: Vec<Box<str>>) -> Parsed<Expr> {
        let joined = |own: Fields, more: Vec<Box<str>>| -> Fields { own.into_iter().chain(more).collect() };
        let kind = match term.kind {
            ExprKind::Field(own) => ExprKind::Field(joined(own, fields)),
            ExprKind::Variable(name, own) => ExprKind::Variable(name, joined(own, fields)),
            ExprKind::Bool(_)
            | ExprKind::Text { .. }
            | ExprKind::Number(_)
            | ExprKind::Nil
            | ExprKind::Dot => {
                let shown = self.show_constant(&term);
                return self.fail(format!("unexpected . after term {}", quote(shown.as_bytes())));
            }
            _ => ExprKind::Chain(Box::new(term), fields.into()),
        };
        Ok(Expr { pos, kind })
    }

    fn show_constant(&self, term: &Expr) -> String {
        match &term.kind {
            ExprKind::Bool(truth) => truth.to_string(),
            ExprKind::Text { quoted, .. } => lossy(quoted).into_owned(),
            ExprKind::Number(number) => number.text.clone(),
            ExprKind::Nil => "nil".into(),
            _ => ".".into(),
        }
    }

    fn term(&mut self) -> Parsed<Option<Expr>> {
        let token = self.next_non_space();
        let kind = match token.kind {
            Kind::Identifier => ExprKind::Function(self.function(token)?),
            Kind::Dot => ExprKind::Dot,
            Kind::Nil => ExprKind::Nil,
            Kind::Variable => self.variable(token)?,
            Kind::Field => ExprKind::Field(Box::new([self.text(token)[1..].into()])),
            Kind::Bool => ExprKind::Bool(self.bytes(token) == b"true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                match Number::parse(&self.text(token), token.kind) {
                    Ok(number) => ExprKind::Number(Box::new(number)),
                    Err(text) => return self.fail(text),
                }
            }
            Kind::LeftParen => {
                self.check_stack()?;
                ExprKind::Pipe(Box::new(self.pipeline("parenthesized pipeline", Kind::RightParen)?))
            }
            Kind::String | Kind::RawString => match unquote(self.bytes(token)) {
                Ok(text) => ExprKind::Text { quoted: self.bytes(token).into(), text: text.into() },
                Err(_) => return self.fail("invalid syntax"),
            },
            _ => {
                self.back(token);
                return Ok(None);
            }
        };
        // A pipeline in parentheses stands where its content begins.
        let pos = if let ExprKind::Pipe(pipe) = &kind { pipe.pos } else { token.start };
        Ok(Some(Expr { pos, kind }))
    }

    fn function(&self, token: Token) -> Parsed<&'static Function> {
        let name = self.text(token);
        match Function::find(&name, self.version) {
            Some(function) => Ok(function),
            None => self.fail(format!("function {} not defined", quote(name.as_bytes()))),
        }
    }

    fn variable(&mut self, token: Token) -> Parsed<ExprKind> {
        let name = self.text(token);
        let index = self.name_index(&name);
        if self.scope.contains(&index) {
            return Ok(ExprKind::Variable(index, Box::default()));
        }
        self.fail(format!("undefined variable {}", quote(name.as_bytes())))
    }
}
