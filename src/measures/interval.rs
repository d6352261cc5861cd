//! How sure a number is: the bounds that 95 of 100 sessions like this one would keep to.
//!
//! Ratios of sums over turns: percentile bootstrap (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, ch. 13)
//! over turns, not utterances, since what somebody says in one turn hangs together. Shares of a few counted things: Wilson's
//! score interval (1927), which stays honest when all of three went one way.

use serde::{Deserialize, Serialize};

/// How often turns are drawn anew: enough for the second digit of a bound.
const DRAWS: usize = 1000;
/// Same session, same bounds.
const SEED: u64 = 20_261_124;
/// Left out at either end.
const TAIL: f64 = 0.025;
/// Of the normal distribution, for the same share.
const Z: f64 = 1.96;

/// A value between two bounds; all finite, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Two sums at once.
pub fn add(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 + b.0, a.1 + b.1)
}

/// `part / (part + rest)`, both summed over turns. `None` when both sums are zero.
pub fn over_turns(turns: &[(f64, f64)]) -> Option<Interval> {
    let share = |(part, rest): (f64, f64)| {
        let share = part / (part + rest);
        share.is_finite().then_some(share)
    };
    let value = share(turns.iter().copied().fold((0.0, 0.0), add))?;
    let mut random = SplitMix(SEED);
    let mut drawn: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            share((0..turns.len()).filter_map(|_| turns.get(random.below(turns.len())).copied()).fold((0.0, 0.0), add))
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |part: f64| drawn.get((part * drawn.len().saturating_sub(1) as f64).round() as usize).copied();
    let (low, high) = (at(TAIL)?, at(1.0 - TAIL)?);
    // The value itself may lie outside when there are two or three turns.
    Some(Interval { value, low: low.min(value), high: high.max(value) })
}

/// `part` of `all`. `None` of nothing.
pub fn of_counts(part: u32, all: u32) -> Option<Interval> {
    if all == 0 {
        return None;
    }
    let (n, p) = (f64::from(all), f64::from(part.min(all)) / f64::from(all));
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let reach = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(Interval { value: p, low: (middle - reach).clamp(0.0, p), high: (middle + reach).clamp(p, 1.0) })
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `limit`, which is far below 2^64: what the remainder adds to low values is nothing to a bound.
    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        let mut random = SplitMix(1_234_567);
        assert_eq!([random.next(), random.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn bounds_of_a_share_over_turns() {
        // A hundred turns that tell as often as not: the bounds of a binomial share.
        let turns: Vec<(f64, f64)> = (0..100).map(|turn| if turn % 2 == 0 { (1.0, 0.0) } else { (0.0, 1.0) }).collect();
        let interval = over_turns(&turns).unwrap();
        assert_eq!(interval.value, 0.5);
        assert!((0.38..0.43).contains(&interval.low) && (0.57..0.62).contains(&interval.high), "{interval:?}");
        assert_eq!(over_turns(&turns), Some(interval));
    }

    #[test]
    fn nothing_has_no_share() {
        assert_eq!(over_turns(&[]), None);
        assert_eq!(over_turns(&[(0.0, 0.0)]), None);
        assert_eq!(of_counts(0, 0), None);
    }

    #[test]
    fn few_things_leave_wide_bounds() {
        // Wilson's bounds of 3 in 3 and of 1 in 10, from Newcombe (1998).
        let all = of_counts(3, 3).unwrap();
        assert!((all.low - 0.4385).abs() < 1e-3 && all.high == 1.0, "{all:?}");
        let tenth = of_counts(1, 10).unwrap();
        assert!((tenth.low - 0.0179).abs() < 1e-3 && (tenth.high - 0.4042).abs() < 1e-3, "{tenth:?}");
    }
}
