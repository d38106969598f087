//! Values under a verb, as Go's fmt prints them.

use super::super::{
    List, ListType, Map, MapType, Shape, Value,
    failure::{Failure, Run},
    value::{BYTES_A_VALUE, VALUE_DEPTH_MAX, VALUES_MAX},
};
use super::{methods::own_text, pad::Flags};

/// Prints values to a buffer with the flags of one verb.
pub(super) struct Printer<'o> {
    pub(super) out: &'o mut Vec<u8>,
    pub(super) flags: Flags,
    /// Inside a bad verb, where Go prints values without their methods.
    erroring: bool,
    /// How many values were printed.
    seen: usize,
}

impl<'o> Printer<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, flags: Flags::default(), erroring: false, seen: 0 }
    }

    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// One argument.
    pub(super) fn arg(&mut self, value: &Value, verb: char) -> Run<()> {
        match (value, verb) {
            (Value::Nil | Value::Null, 'T' | 'v') => self.flags.pad(self.out, b"<nil>"),
            (Value::Nil | Value::Null, _) => self.bad_verb(None, verb)?,
            (_, 'T') => self.flags.text(self.out, value.type_name().as_bytes()),
            (_, 'p') => self.pointer(value, verb)?,
            _ => return self.value(value, verb, 0),
        }
        Ok(())
    }

    fn bad_verb(&mut self, value: Option<&Value>, verb: char) -> Run<()> {
        self.push(&format!("%!{verb}("));
        match value {
            Some(value) => {
                self.push(&format!("{}=", value.type_name()));
                self.erroring = true;
                self.value(value, 'v', 0)?;
                self.erroring = false;
            }
            None => self.push("<nil>"),
        }
        self.push(")");
        Ok(())
    }

    fn pointer(&mut self, value: &Value, verb: char) -> Run<()> {
        match value.kind_name() {
            // There are no addresses here, and Go's differ from run to run.
            "map" | "slice" | "ptr" => {
                self.push("0xc000000000");
                Ok(())
            }
            _ => self.bad_verb(Some(value), verb),
        }
    }

    fn value(&mut self, value: &Value, verb: char, depth: usize) -> Run<()> {
        self.seen += 1;
        if depth > VALUE_DEPTH_MAX || self.seen > VALUES_MAX {
            return Err(Failure::too_much());
        }
        if !self.erroring && verb == 'w' && !value.is_nil() {
            return self.bad_verb(Some(value), verb);
        }
        let by_method = !self.erroring && !self.flags.sharp_v && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q');
        if by_method && let Some(text) = own_text(value) {
            return self.text(text.as_bytes(), verb, value);
        }
        match value {
            Value::Nil | Value::Null => {
                self.push(if self.flags.sharp_v { "interface {}(nil)" } else { "<nil>" })
            }
            Value::Bool(truth) => match verb {
                't' | 'v' => self.flags.pad(self.out, if *truth { b"true" } else { b"false" }),
                _ => return self.bad_verb(Some(value), verb),
            },
            Value::Int(number) | Value::Int64(number) | Value::Duration(number) => {
                return self.integer(*number as u64, true, verb, value);
            }
            Value::Uint8(number) => return self.integer(u64::from(*number), false, verb, value),
            Value::Uint64(number) => return self.integer(*number, false, verb, value),
            Value::Float(number) => return self.float(*number, verb, value),
            Value::Complex(real, imaginary) => return self.complex(*real, *imaginary, verb, value),
            Value::Text(text) => {
                self.seen += text.len() / BYTES_A_VALUE;
                return self.text(text, verb, value);
            }
            Value::Bytes(bytes) => return self.bytes(bytes, verb, value, depth),
            Value::List(list) => return self.list(list, list.type_name(), verb, depth),
            Value::Map(map) => return self.map(map, map.type_name(), verb, depth),
            Value::Time(time) => return self.text(time.to_string().as_bytes(), 's', value),
            Value::Object(object) => {
                let name = object.type_name();
                return match object.shape() {
                    Shape::Struct(fields) => self.fields(&fields, &name, verb, depth),
                    Shape::Pointer(fields) if depth == 0 => {
                        self.push("&");
                        self.fields(&fields, name.trim_start_matches('*'), verb, depth)
                    }
                    Shape::Pointer(_) => self.pointer(value, verb),
                    Shape::Map(map) => self.map(&map, &name, verb, depth),
                    Shape::List(list) => self.list(&list, &name, verb, depth),
                    Shape::Scalar(value) => self.value(&value, verb, depth),
                };
            }
        }
        Ok(())
    }

    fn integer(&mut self, number: u64, signed: bool, verb: char, value: &Value) -> Run<()> {
        let flags = self.flags;
        match verb {
            'v' if flags.sharp_v && !signed => {
                Flags { sharp: true, ..flags }.integer(self.out, number, false, 16, 'v');
            }
            'v' | 'd' => flags.integer(self.out, number, signed, 10, verb),
            'b' => flags.integer(self.out, number, signed, 2, verb),
            'o' | 'O' => flags.integer(self.out, number, signed, 8, verb),
            'x' | 'X' => flags.integer(self.out, number, signed, 16, verb),
            'c' => flags.rune(self.out, number),
            'q' => flags.quoted_rune(self.out, number),
            'U' => flags.unicode(self.out, number),
            _ => return self.bad_verb(Some(value), verb),
        }
        Ok(())
    }

    fn float(&mut self, number: f64, verb: char, value: &Value) -> Run<()> {
        match verb {
            'v' => self.flags.float(self.out, number, 'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => self.flags.float(self.out, number, verb, None),
            'f' | 'e' | 'E' => self.flags.float(self.out, number, verb, Some(6)),
            'F' => self.flags.float(self.out, number, 'f', Some(6)),
            _ => return self.bad_verb(Some(value), verb),
        }
        Ok(())
    }

    fn complex(&mut self, real: f64, imaginary: f64, verb: char, value: &Value) -> Run<()> {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(Some(value), verb);
        }
        let plus = self.flags.plus;
        self.push("(");
        self.float(real, verb, value)?;
        self.flags.plus = true;
        self.float(imaginary, verb, value)?;
        self.flags.plus = plus;
        self.push("i)");
        Ok(())
    }

    fn text(&mut self, text: &[u8], verb: char, value: &Value) -> Run<()> {
        match verb {
            'v' if self.flags.sharp_v => self.flags.quoted(self.out, text),
            'v' | 's' => self.flags.text(self.out, text),
            'x' | 'X' => self.flags.hex(self.out, text, verb == 'X'),
            'q' => self.flags.quoted(self.out, text),
            _ => return self.bad_verb(Some(value), verb),
        }
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8], verb: char, value: &Value, depth: usize) -> Run<()> {
        match verb {
            's' => self.flags.text(self.out, bytes),
            'x' | 'X' => self.flags.hex(self.out, bytes, verb == 'X'),
            'q' => self.flags.quoted(self.out, bytes),
            _ => {
                let items = bytes.iter().map(|byte| Value::Uint8(*byte)).collect();
                // Go writes the type of an argument itself as []byte.
                let name = if depth == 0 { "[]byte".into() } else { value.type_name() };
                return self.list(&List::typed(ListType::Ints, items), &name, verb, depth);
            }
        }
        Ok(())
    }

    fn list(&mut self, list: &List, name: &str, verb: char, depth: usize) -> Run<()> {
        let sharp = self.flags.sharp_v;
        if sharp {
            self.push(name);
            if list.is_nil() {
                self.push("(nil)");
                return Ok(());
            }
        }
        self.push(if sharp { "{" } else { "[" });
        for (index, item) in list.items().iter().enumerate() {
            self.separator(index);
            self.value(item, verb, depth + 1)?;
        }
        self.push(if sharp { "}" } else { "]" });
        Ok(())
    }

    fn separator(&mut self, index: usize) {
        if index > 0 {
            self.push(if self.flags.sharp_v { ", " } else { " " });
        }
    }

    fn map(&mut self, map: &Map, name: &str, verb: char, depth: usize) -> Run<()> {
        let sharp = self.flags.sharp_v;
        if sharp {
            self.push(name);
        }
        self.push(if sharp { "{" } else { "map[" });
        let texts = map.kind() == MapType::Texts;
        for (index, (key, value)) in map.entries().into_iter().enumerate() {
            self.separator(index);
            self.value(&Value::Text(key), verb, depth + 1)?;
            self.push(":");
            debug_assert!(!texts || matches!(value, Value::Text(_)), "a map of texts holds texts");
            self.value(&value, verb, depth + 1)?;
        }
        self.push(if sharp { "}" } else { "]" });
        Ok(())
    }

    fn fields(&mut self, fields: &[(&'static str, Value)], name: &str, verb: char, depth: usize) -> Run<()> {
        if self.flags.sharp_v {
            self.push(name);
        }
        self.push("{");
        for (index, (field, value)) in fields.iter().enumerate() {
            self.separator(index);
            if self.flags.sharp_v || self.flags.plus_v {
                self.push(field);
                self.push(":");
            }
            self.value(value, verb, depth + 1)?;
        }
        self.push("}");
        Ok(())
    }
}
