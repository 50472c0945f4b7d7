//! SipHash-2-4 (Aumasson and Bernstein, 2012): a hash under a key of 128 bits.

struct State([u64; 4]);

impl State {
    fn rounds(&mut self, count: usize) {
        let [a, b, c, d] = &mut self.0;
        for _ in 0..count {
            *a = a.wrapping_add(*b);
            *b = b.rotate_left(13) ^ *a;
            *a = a.rotate_left(32);
            *c = c.wrapping_add(*d);
            *d = d.rotate_left(16) ^ *c;
            *a = a.wrapping_add(*d);
            *d = d.rotate_left(21) ^ *a;
            *c = c.wrapping_add(*b);
            *b = b.rotate_left(17) ^ *c;
            *c = c.rotate_left(32);
        }
    }

    fn take(&mut self, word: u64) {
        self.0[3] ^= word;
        self.rounds(2);
        self.0[0] ^= word;
    }
}

/// The hash of a message under the key of these two halves.
pub(super) fn hash(first: u64, second: u64, message: &[u8]) -> u64 {
    let mut state = State([
        first ^ 0x736f_6d65_7073_6575,
        second ^ 0x646f_7261_6e64_6f6d,
        first ^ 0x6c79_6765_6e65_7261,
        second ^ 0x7465_6462_7974_6573,
    ]);
    let (words, rest) = message.as_chunks::<8>();
    for word in words {
        state.take(u64::from_le_bytes(*word));
    }
    let length = u64::try_from(message.len()).unwrap_or(u64::MAX) << 56;
    let last = rest.iter().rev().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
    state.take(last | length);
    state.0[2] ^= 0xff;
    state.rounds(4);
    state.0.iter().fold(0, |hash, part| hash ^ part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of the paper: key 00..0f, messages of 00, 01, 02...
    #[test]
    fn the_published_vectors_hold() {
        let (first, second) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        let message: Vec<u8> = (0..64).collect();
        let expected = [
            (0, 0x726f_db47_dd0e_0e31),
            (1, 0x74f8_39c5_93dc_67fd),
            (8, 0x93f5_f579_9a93_2462),
            (15, 0xa129_ca61_49be_45e5),
        ];
        for (length, hashed) in expected {
            assert_eq!(hash(first, second, &message[..length]), hashed, "{length}");
        }
    }
}
