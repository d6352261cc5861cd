use super::*;
/// Gives words to turns: each word to the turn that holds its midpoint, or the nearest within half a second. `turns` are spans with a voice's role, sorted.
pub fn align(words: Vec<Word>, turns: &[(Span, Option<Role>)]) -> Vec<Utterance> { unimplemented!() }
