//! What stands between lines that begin and end it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The most blocks of one text.
pub(super) const BLOCKS_MAX: usize = 1_000;

/// A block: its name, and what it holds.
pub(super) struct Block<'t> {
    pub(super) name: &'t str,
    pub(super) bytes: Vec<u8>,
}

/// Reads all blocks; what stands around them counts for nothing. What is wrong is said by a word.
pub(super) fn blocks(text: &str) -> Result<Vec<Block<'_>>, &'static str> {
    let (mut blocks, mut rest) = (Vec::new(), text);
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (name, body) = after.split_once("-----").ok_or("a block has no name")?;
        let end = format!("-----END {name}-----");
        let (body, after) = body.split_once(&end).ok_or("a block has no end")?;
        let letters: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        let bytes = STANDARD.decode(letters).map_err(|_| "a block is not base64")?;
        blocks.push(Block { name, bytes });
        if blocks.len() > BLOCKS_MAX {
            return Err("there are too many blocks");
        }
        rest = after;
    }
    Ok(blocks)
}
