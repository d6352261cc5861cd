//! Two voices out of many vectors.
//!
//! Spectral bisection of a bounded sample finds the two groups whatever their sizes (Ng, Jordan and Weiss 2002; von
//! Luxburg 2007); a linear discriminant fitted to them then scores every vector, so that cost grows with the session's
//! length and not with its square.

use super::embedding::{cosine, direction, normalise};

/// The spectral step sees at most this many vectors, spread evenly over the session.
const MAX_SAMPLE: usize = 1200;
/// Fewer vectors than this are not two groups.
const MIN_VECTORS: usize = 4;
/// Neighbours kept per vector: a voice's own group must outnumber it, in sessions of minutes.
const NEIGHBOUR_SHARE: f32 = 0.05;
const MIN_NEIGHBOURS: usize = 5;
/// Steps of the power iteration, and of the refinement; both settle long before.
const POWER_STEPS: usize = 150;
const REFINE_STEPS: usize = 10;

/// Two groups of vectors.
#[derive(Clone, Debug)]
pub struct Split {
    /// Mean direction of each group (length 1).
    pub means: [Vec<f32>; 2],
    /// For each vector, the log-likelihood ratio: positive for group 1.
    pub scores: Vec<f32>,
    /// Cosine of the two means.
    pub similarity: f32,
}

/// Splits vectors of length 1 into two groups; `None` when there are too few.
pub fn split<V: AsRef<[f32]>>(vectors: &[V]) -> Option<Split> {
    if vectors.len() < MIN_VECTORS {
        return None;
    }
    let stride = vectors.len().div_ceil(MAX_SAMPLE);
    let sample: Vec<&[f32]> = vectors.iter().step_by(stride).map(V::as_ref).collect();
    let side = bisect(&sample);
    refine(vectors, means(sample.iter().copied().zip(side.iter().copied()))?)
}

/// Splits off the few vectors that are least like all the others: a group too small for its own neighbours to outnumber it.
/// `None` when there are too few.
pub fn split_off(vectors: &[Vec<f32>]) -> Option<Split> {
    let most = direction(vectors);
    let mut by_likeness: Vec<&Vec<f32>> = vectors.iter().collect();
    by_likeness.sort_by(|a, b| cosine(a, &most).total_cmp(&cosine(b, &most)));
    let few = by_likeness.get(..MIN_VECTORS).filter(|_| vectors.len() > 2 * MIN_VECTORS)?;
    // Of the strangest few, the one that is most like the others of them: a voice rather than a noise.
    let likeness = |v: &[f32]| few.iter().map(|other| cosine(v, other)).sum::<f32>();
    let seed = few.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    let split = refine(vectors, [most, (*seed).clone()])?;
    let smaller = split.scores.iter().filter(|score| **score > 0.0).count();
    (smaller >= MIN_VECTORS).then_some(split)
}

/// Two means become stable, then every vector is scored along the line between them.
fn refine<V: AsRef<[f32]>>(vectors: &[V], mut means: [Vec<f32>; 2]) -> Option<Split> {
    let vectors = || vectors.iter().map(V::as_ref);
    for _ in 0..REFINE_STEPS {
        let side = vectors().map(|v| cosine(v, &means[1]) > cosine(v, &means[0]));
        means = self::means(vectors().zip(side))?;
    }
    let axis: Vec<f32> = means[1].iter().zip(&means[0]).map(|(b, a)| b - a).collect();
    let along: Vec<f32> = vectors().map(|v| cosine(v, &axis)).collect();
    let scores = likelihood_ratios(&along);
    let similarity = cosine(&means[0], &means[1]);
    Some(Split { means, scores, similarity })
}

/// Mean direction of each side; `None` when a side is empty.
fn means<'a>(vectors: impl Iterator<Item = (&'a [f32], bool)>) -> Option<[Vec<f32>; 2]> {
    let mut sums = [Vec::new(), Vec::new()];
    for (vector, side) in vectors {
        let sum = &mut sums[usize::from(side)];
        sum.resize(vector.len(), 0.0);
        sum.iter_mut().zip(vector).for_each(|(s, v)| *s += v);
    }
    sums.iter_mut().for_each(|s| normalise(s));
    sums.iter().all(|s| !s.is_empty()).then_some(sums)
}

/// The side of each vector, from the second eigenvector of the normalised neighbour graph.
fn bisect(vectors: &[&[f32]]) -> Vec<bool> {
    let n = vectors.len();
    let keep = ((n as f32 * NEIGHBOUR_SHARE) as usize).max(MIN_NEIGHBOURS).min(n - 1);
    let mut graph = vec![0.0f32; n * n];
    let mut row: Vec<f32> = Vec::with_capacity(n);
    for (i, (a, links)) in vectors.iter().zip(graph.chunks_exact_mut(n)).enumerate() {
        links.iter_mut().zip(vectors).for_each(|(l, b)| *l = cosine(a, b).max(0.0));
        if let Some(own) = links.get_mut(i) {
            *own = 0.0;
        }
        row.clear();
        row.extend_from_slice(links);
        let (_, least, _) = row.select_nth_unstable_by(n - keep, f32::total_cmp);
        let least = *least;
        links.iter_mut().for_each(|l| *l = if *l >= least { *l } else { 0.0 });
    }
    let degrees: Vec<f32> =
        (0..n).map(|i| (0..n).map(|j| link(&graph, n, i, j)).sum::<f32>().max(1e-6).sqrt()).collect();
    // The first eigenvector is known (the square roots of the degrees); iterate orthogonally to it.
    let mut first = degrees.clone();
    normalise(&mut first);
    let mut second: Vec<f32> = start(vectors);
    for _ in 0..POWER_STEPS {
        let along = cosine(&second, &first);
        second.iter_mut().zip(&first).for_each(|(s, f)| *s -= along * f);
        normalise(&mut second);
        let scaled: Vec<f32> = second.iter().zip(&degrees).map(|(s, d)| s / d).collect();
        let mut next: Vec<f32> = graph.chunks_exact(n).map(|links| cosine(links, &scaled)).collect();
        for (links, own) in graph.chunks_exact(n).zip(&scaled) {
            next.iter_mut().zip(links).for_each(|(x, l)| *x += l * own);
        }
        // The graph's eigenvalues lie in -1..=1: shifting by one keeps the iteration from the negative ones.
        second.iter_mut().zip(next).zip(&degrees).for_each(|((s, x), d)| *s += 0.5 * x / d);
    }
    let values: Vec<f32> = second.iter().zip(&degrees).map(|(s, d)| s / d).collect();
    let cut = two_means_cut(&values);
    values.iter().map(|v| *v > cut).collect()
}

/// The symmetric link between two vectors.
fn link(graph: &[f32], n: usize, i: usize, j: usize) -> f32 {
    let at = |i: usize, j: usize| graph.get(i * n + j).copied().unwrap_or(0.0);
    0.5 * (at(i, j) + at(j, i))
}

/// A start for the power iteration: the difference between the first vector's likeness and the likeness to the vector
/// least like it.
fn start(vectors: &[&[f32]]) -> Vec<f32> {
    let Some(first) = vectors.first() else { return Vec::new() };
    let far = vectors.iter().min_by(|a, b| cosine(a, first).total_cmp(&cosine(b, first))).unwrap_or(first);
    vectors.iter().map(|v| cosine(v, first) - cosine(v, far)).collect()
}

/// The threshold that leaves the least variance on its two sides.
fn two_means_cut(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let total: f64 = sorted.iter().map(|v| f64::from(*v)).sum();
    let (mut below, mut best, mut cut) = (0.0f64, f64::MIN, 0.0);
    for (i, pair) in sorted.windows(2).enumerate() {
        let &[left, right] = pair else { continue };
        below += f64::from(left);
        let (k, rest) = ((i + 1) as f64, (sorted.len() - i - 1) as f64);
        let between = below * below / k + (total - below) * (total - below) / rest;
        if between > best {
            (best, cut) = (between, (left + right) / 2.0);
        }
    }
    cut
}

/// Log-likelihood ratios of two Gaussians with one variance, fitted to the values.
fn likelihood_ratios(values: &[f32]) -> Vec<f32> {
    let mean = |side: &dyn Fn(f32) -> bool| {
        let chosen: Vec<f32> = values.iter().copied().filter(|v| side(*v)).collect();
        chosen.iter().sum::<f32>() / chosen.len().max(1) as f32
    };
    let (low, high) = (mean(&|v| v <= 0.0), mean(&|v| v > 0.0));
    let spread = values.iter().map(|v| (v - if *v > 0.0 { high } else { low }).powi(2)).sum::<f32>();
    let variance = (spread / values.len().max(1) as f32).max(1e-6);
    let middle = 0.5 * (low + high);
    let ratio = |v: &f32| (v - middle) * (high - low) / variance;
    values.iter().map(ratio).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` vectors around an axis, told apart by a cheap deterministic wobble.
    fn cloud(axis: usize, count: usize, seed: u32) -> Vec<Vec<f32>> {
        let mut state = seed;
        let mut wobble = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            0.3 * (state >> 8) as f32 / (1 << 24) as f32
        };
        let mut vector = |_| {
            let mut v: Vec<f32> = (0..16).map(|_| wobble()).collect();
            v[axis] += 1.0;
            normalise(&mut v);
            v
        };
        (0..count).map(&mut vector).collect()
    }

    #[test]
    fn two_clouds_are_told_apart_whatever_their_sizes() {
        for (a, b) in [(50, 50), (95, 5), (6, 200), (1500, 900)] {
            let vectors = [cloud(0, a, 1), cloud(1, b, 2)].concat();
            let split = split(&vectors).unwrap();
            let side = split.scores[0] > 0.0;
            assert!(split.scores[..a].iter().all(|s| (*s > 0.0) == side), "{a} {b}");
            assert!(split.scores[a..].iter().all(|s| (*s > 0.0) != side), "{a} {b}");
        }
    }

    #[test]
    fn a_handful_is_split_off_from_a_thousand() {
        let vectors = [cloud(0, 1000, 1), cloud(1, 5, 2)].concat();
        let split = split_off(&vectors).unwrap();
        assert!(split.scores[..1000].iter().all(|s| *s < 0.0) && split.scores[1000..].iter().all(|s| *s > 0.0));
        assert!(split_off(&[]).is_none() && split_off(&cloud(0, 3, 1)).is_none());
    }

    #[test]
    fn few_or_equal_vectors_do_no_harm() {
        assert!(split::<Vec<f32>>(&[]).is_none());
        assert!(split(&cloud(0, 3, 1)).is_none());
        let same = vec![cloud(0, 1, 1).remove(0); 10];
        assert!(split(&same).is_none_or(|s| s.scores.iter().all(|x| x.is_finite())));
    }
}
