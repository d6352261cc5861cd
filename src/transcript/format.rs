use super::*;
use std::str::FromStr;
/// How a transcript is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format { Vtt, Srt, Md, Json, Tsv, TextGrid }
impl FromStr for Format { type Err = String; fn from_str(s: &str) -> Result<Self, String> { unimplemented!() } }
/// Writes utterances in a format; the result is speech and stays [`Spoken`].
pub fn write(utterances: &[Utterance], format: Format) -> Spoken { unimplemented!() }
