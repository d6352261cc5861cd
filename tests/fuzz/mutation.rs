//! Changes good input at random until the time is over.

use std::{
    env,
    hash::{BuildHasher, RandomState},
    panic::{self, AssertUnwindSafe},
    time::{Duration, Instant},
};

/// One target's time, in seconds, and where the chances begin.
const SECONDS: &str = "SIDETONE_FUZZ_SECONDS";
const SEED: &str = "SIDETONE_FUZZ_SEED";

/// So long a single input may take.
const SLOW: Duration = Duration::from_secs(5);
/// Changes to one input.
const CHANGES: u64 = 6;
/// Longer inputs are cut: they find no more, and take longer.
const BYTES_MAX: usize = 1 << 20;

/// What parsers stumble over.
const TOKENS: &[&[u8]] = &[
    b"\0",
    b"\n",
    b"\r\n",
    b"\t",
    b"\"",
    b"\\",
    b"<",
    b"</v>",
    b"&",
    b"&amp;",
    b"-->",
    b":",
    b"=",
    b"[",
    b"]",
    b"{",
    b"}",
    b"-1",
    b"0",
    b"NaN",
    b"1e308",
    b"inf",
    b"18446744073709551616",
    b"99:99:99.999",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xe2\x80",
    "\u{2028}".as_bytes(),
    "é".as_bytes(),
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\0\0\0\x80",
];

/// Gives `target` changed seeds for its share of the time: one of `shares` equal ones.
pub fn fuzz(name: &str, shares: u32, seeds: &[&[u8]], mut target: impl FnMut(&[u8])) {
    let seconds: f64 = env::var(SECONDS).ok().and_then(|text| text.parse().ok()).unwrap_or(1.0);
    let seed: u64 = match env::var(SEED).ok().and_then(|text| text.parse().ok()) {
        Some(seed) => seed,
        None => RandomState::new().hash_one(name),
    };
    let end = Instant::now() + Duration::from_secs_f64(seconds / f64::from(shares));
    let mut chance = Chance(seed);
    let mut inputs = 0_u64;
    while inputs == 0 || Instant::now() < end {
        let mut input = chance.of(seeds).to_vec();
        // Every first one is as good as it was.
        for _ in 0..if inputs == 0 { 0 } else { 1 + chance.below(CHANGES) } {
            change(&mut input, seeds, &mut chance);
        }
        input.truncate(BYTES_MAX);
        let begun = Instant::now();
        let done = panic::catch_unwind(AssertUnwindSafe(|| target(&input)));
        if done.is_err() || begun.elapsed() > SLOW {
            let shown = String::from_utf8_lossy(&input);
            panic!(
                "{name}: {} after {inputs} inputs; again with {SEED}={seed}\n{:?}",
                if done.is_err() { "a fault" } else { "too slow" },
                shown.chars().take(2_000).collect::<String>()
            );
        }
        inputs += 1;
    }
    println!("{name}: {inputs} inputs, seed {seed}");
}

fn change(input: &mut Vec<u8>, seeds: &[&[u8]], chance: &mut Chance) {
    let at = chance.below(input.len() as u64 + 1) as usize;
    let to = (at + chance.below(24) as usize).min(input.len());
    match chance.below(7) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << chance.below(8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = chance.next() as u8;
            }
        }
        2 => _ = input.splice(at..to, chance.of(TOKENS).iter().copied()),
        3 => _ = input.splice(at..at, chance.of(TOKENS).iter().copied()),
        4 => _ = input.drain(at..to),
        5 => {
            // A piece of another seed, or of the same.
            let other = chance.of(seeds);
            let from = chance.below(other.len() as u64 + 1) as usize;
            let until = (from + chance.below(200) as usize).min(other.len());
            input.splice(at..at, other[from..until].iter().copied());
        }
        _ => input.truncate(at),
    }
}

/// SplitMix64: small, even, and the same everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn of<'a>(&mut self, all: &[&'a [u8]]) -> &'a [u8] {
        all[self.below(all.len() as u64) as usize]
    }
}
