//! Texts that come again and again are kept once.

use windlass_core::Text;

/// Places of the cache; a power of two.
const PLACES: usize = 1024;

/// Texts longer than this are not kept.
const LENGTH_MAX: usize = 48;

/// The last text for each place. It only saves memory: what is not there is made anew.
pub(crate) struct Cache {
    places: Vec<Option<Text>>,
}

impl Cache {
    pub(crate) fn new() -> Self {
        Self { places: vec![None; PLACES] }
    }

    /// Gives the text, shared with the last equal one where that is still there.
    pub(crate) fn share(&mut self, text: &str) -> Text {
        if text.len() > LENGTH_MAX {
            return text.into();
        }
        let place = &mut self.places[place(text)];
        match place {
            Some(have) if have.as_str() == text => have.clone(),
            _ => place.insert(text.into()).clone(),
        }
    }
}

fn place(text: &str) -> usize {
    let hash =
        text.bytes().fold(0xcbf2_9ce4_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    ((hash ^ (hash >> 15)) as usize) & (PLACES - 1)
}
