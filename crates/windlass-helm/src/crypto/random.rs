//! A stream of random bytes from a seed.

use rsa::rand_core::{CryptoRng, Error, RngCore};
use sha2::{Digest, Sha256};

use crate::template::Random;

/// Bytes that follow from 32 bytes of the given source, so that even a poor one ends every search for a prime.
pub(crate) struct Stream {
    seed: [u8; 32],
    count: u64,
    block: [u8; 32],
    used: usize,
}

impl Stream {
    /// Takes a seed.
    pub(crate) fn new(source: &dyn Random) -> Self {
        let mut seed = [0; 32];
        source.fill(&mut seed);
        Self { seed, count: 0, block: [0; 32], used: 32 }
    }

    /// Fills the buffer.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            if self.used == self.block.len() {
                let hash =
                    Sha256::new().chain_update(self.seed).chain_update(self.count.to_be_bytes()).finalize();
                self.block.copy_from_slice(&hash);
                self.count += 1;
                self.used = 0;
            }
            *byte = self.block[self.used];
            self.used += 1;
        }
    }

    /// A number under `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        let number = u128::from_be_bytes(bytes) % u128::from(limit.max(1));
        u64::try_from(number).unwrap_or(0)
    }
}

impl RngCore for Stream {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        u32::from_be_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    fn fill_bytes(&mut self, buffer: &mut [u8]) {
        self.fill(buffer);
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        self.fill(buffer);
        Ok(())
    }
}

impl CryptoRng for Stream {}
