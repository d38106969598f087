//! Upper, lower and title case rune by rune, as Go's unicode package has it.

/// `unicode.ToUpper`: one rune for one.
pub(super) fn upper(rune: char) -> char {
    let mut mapped = rune.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => match rune as u32 {
            // Greek with iota: the capital is a single rune.
            number @ (0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7) => {
                char::from_u32(number + 8).unwrap_or(rune)
            }
            number @ (0x1fb3 | 0x1fc3 | 0x1ff3) => char::from_u32(number + 9).unwrap_or(rune),
            _ => rune,
        },
    }
}

/// `unicode.ToLower`.
pub(super) fn lower(rune: char) -> char {
    rune.to_lowercase().next().unwrap_or(rune)
}

/// `unicode.ToTitle`: as upper case but for the letters that are two.
pub(super) fn title(rune: char) -> char {
    match rune {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        _ => upper(rune),
    }
}

/// Whether a rune is a letter that is title case itself.
pub(super) fn is_title(rune: char) -> bool {
    matches!(rune, 'ǅ' | 'ǈ' | 'ǋ' | 'ǲ')
        || matches!(rune as u32, 0x1f88..=0x1f8f | 0x1f98..=0x1f9f | 0x1fa8..=0x1faf | 0x1fbc | 0x1fcc | 0x1ffc)
}

/// `unicode.IsUpper`.
pub(super) fn is_upper(rune: char) -> bool {
    rune.is_uppercase() && !is_title(rune) && !matches!(rune as u32, 0x2160..=0x216f | 0x24b6..=0x24cf)
}

/// `unicode.IsLower`.
pub(super) fn is_lower(rune: char) -> bool {
    rune.is_lowercase()
        && !matches!(rune as u32, 0x2170..=0x217f | 0x24d0..=0x24e9 | 0xaa | 0xba | 0x2b0..=0x2b8)
}

/// `strings.Title`: the first letter of each word.
pub(super) fn title_words(text: &str) -> String {
    let mut previous = ' ';
    text.chars()
        .map(|rune| {
            let out = if is_separator(previous) { title(rune) } else { rune };
            previous = rune;
            out
        })
        .collect()
}

fn is_separator(rune: char) -> bool {
    if rune.is_ascii() {
        return !rune.is_ascii_alphanumeric() && rune != '_';
    }
    !crate::template::runes::is_letter(rune)
        && !crate::template::runes::is_digit(rune)
        && rune.is_whitespace()
}

/// goutils' `SwapCase`.
pub(super) fn swap(text: &str) -> String {
    let mut after_space = true;
    text.chars()
        .map(|rune| {
            if is_upper(rune) || is_title(rune) {
                after_space = false;
                return lower(rune);
            }
            if is_lower(rune) {
                return if std::mem::take(&mut after_space) { title(rune) } else { upper(rune) };
            }
            after_space = rune.is_whitespace();
            rune
        })
        .collect()
}
