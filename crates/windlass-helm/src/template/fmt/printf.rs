//! `printf`: formats with verbs, flags, widths and argument numbers.

use super::super::{
    Value,
    failure::{Failure, Run},
    runes::decode,
};
use super::{pad::Flags, printer::Printer};

/// The largest width, precision and argument number.
const NUMBER_MAX: i64 = 1_000_000;

/// Go's `fmt.Sprintf`. A short format can ask for many widths, so that the bytes have a limit.
pub(crate) fn sprintf(format: &[u8], args: &[Value], bytes_max: usize) -> Run<Vec<u8>> {
    let mut out = Vec::with_capacity(format.len() + 16);
    let mut state =
        State { format, args, at: 0, arg: 0, reordered: false, good_number: true, after_index: false };
    while state.at < format.len() {
        let start = state.at;
        state.at += memchr::memchr(b'%', &format[start..]).unwrap_or(format.len() - start);
        out.extend_from_slice(&format[start..state.at]);
        if state.at == format.len() {
            break;
        }
        state.at += 1;
        if !state.verb(&mut out)? {
            break;
        }
        if out.len() > bytes_max {
            return Err(Failure::limit(format!("more than {bytes_max} bytes of output")));
        }
    }
    if !state.reordered && state.arg < args.len() {
        extra(&mut out, &args[state.arg..])?;
    }
    Ok(out)
}

/// Arguments that no verb asked for.
fn extra(out: &mut Vec<u8>, args: &[Value]) -> Run<()> {
    out.extend_from_slice(b"%!(EXTRA ");
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        if !arg.is_nil() {
            out.extend_from_slice(arg.type_name().as_bytes());
            out.push(b'=');
        }
        Printer::new(out).arg(arg, 'v')?;
    }
    out.push(b')');
    Ok(())
}

struct State<'f> {
    format: &'f [u8],
    args: &'f [Value],
    at: usize,
    arg: usize,
    reordered: bool,
    good_number: bool,
    after_index: bool,
}

impl State<'_> {
    fn byte(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// Prints what stands after a percent sign; gives whether the format goes on.
    fn verb(&mut self, out: &mut Vec<u8>) -> Run<bool> {
        self.good_number = true;
        self.after_index = false;
        let mut flags = self.flags();
        self.argument_number();
        self.width(&mut flags, out);
        self.precision(&mut flags, out);
        if !self.after_index {
            self.argument_number();
        }
        let Some((verb, width)) = decode(&self.format[self.at..]) else {
            out.extend_from_slice(b"%!(NOVERB)");
            return Ok(false);
        };
        self.at += width;
        self.print(verb, flags, out)?;
        Ok(true)
    }

    fn print(&mut self, verb: char, mut flags: Flags, out: &mut Vec<u8>) -> Run<()> {
        if verb == '%' {
            out.push(b'%');
            return Ok(());
        }
        let problem = if !self.good_number {
            "(BADINDEX)"
        } else if self.arg >= self.args.len() {
            "(MISSING)"
        } else {
            ""
        };
        if !problem.is_empty() {
            out.extend_from_slice(format!("%!{verb}{problem}").as_bytes());
            return Ok(());
        }
        if verb == 'v' || verb == 'w' {
            (flags.sharp_v, flags.sharp) = (flags.sharp, false);
            (flags.plus_v, flags.plus) = (flags.plus, false);
        }
        let mut printer = Printer::new(out);
        printer.flags = flags;
        printer.arg(&self.args[self.arg], verb)?;
        self.arg += 1;
        Ok(())
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(byte) = self.byte() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        flags
    }

    fn width(&mut self, flags: &mut Flags, out: &mut Vec<u8>) {
        if self.byte() == Some(b'*') {
            self.at += 1;
            match self.number_argument() {
                Some(width) => {
                    flags.width = usize::try_from(width.unsigned_abs()).ok();
                    if width < 0 {
                        (flags.minus, flags.zero) = (true, false);
                    }
                }
                None => out.extend_from_slice(b"%!(BADWIDTH)"),
            }
            self.after_index = false;
            return;
        }
        flags.width = self.number();
        if self.after_index && flags.width.is_some() {
            self.good_number = false;
        }
    }

    fn precision(&mut self, flags: &mut Flags, out: &mut Vec<u8>) {
        // A point that is the last byte is a verb.
        if self.byte() != Some(b'.') || self.at + 1 >= self.format.len() {
            return;
        }
        self.at += 1;
        if self.after_index {
            self.good_number = false;
        }
        self.argument_number();
        if self.byte() == Some(b'*') {
            self.at += 1;
            flags.precision = self.number_argument().and_then(|number| usize::try_from(number).ok());
            if flags.precision.is_none() {
                out.extend_from_slice(b"%!(BADPREC)");
            }
            self.after_index = false;
            return;
        }
        flags.precision = Some(self.number().unwrap_or(0));
    }

    /// Digits of the format as a number, none where there is none or where it is too large.
    fn number(&mut self) -> Option<usize> {
        let start = self.at;
        let mut number: i64 = 0;
        while let Some(digit) = self.byte().filter(u8::is_ascii_digit) {
            if number > NUMBER_MAX {
                // Go gives the rest of the format up.
                self.at = self.format.len();
                return None;
            }
            number = number * 10 + i64::from(digit - b'0');
            self.at += 1;
        }
        if self.at == start { None } else { usize::try_from(number).ok() }
    }

    /// The next argument as the number for a star.
    fn number_argument(&mut self) -> Option<i64> {
        let value = self.args.get(self.arg)?;
        self.arg += 1;
        let number = match value {
            Value::Int(number) | Value::Int64(number) | Value::Duration(number) => *number,
            Value::Uint8(number) => i64::from(*number),
            Value::Uint64(number) => i64::try_from(*number).ok()?,
            _ => return None,
        };
        (-NUMBER_MAX..=NUMBER_MAX).contains(&number).then_some(number)
    }

    /// `[2]`: the number of the argument that is next.
    fn argument_number(&mut self) {
        if self.byte() != Some(b'[') {
            self.after_index = false;
            return;
        }
        self.reordered = true;
        let rest = &self.format[self.at..];
        let Some(end) = rest.iter().position(|byte| *byte == b']').filter(|_| rest.len() >= 3) else {
            self.good_number = false;
            self.at += 1;
            self.after_index = false;
            return;
        };
        let digits = &rest[1..end];
        let number = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let number = number.and_then(|text| text.parse::<i64>().ok()).filter(|number| *number <= NUMBER_MAX);
        self.at += end + 1;
        self.after_index = number.is_some();
        match number.and_then(|number| usize::try_from(number - 1).ok()) {
            Some(index) if index < self.args.len() => self.arg = index,
            _ => self.good_number = false,
        }
    }
}
