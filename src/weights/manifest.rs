//! What is known of each model: `models/MANIFEST.toml`, compiled in.

use serde::Deserialize;

use super::WeightsError;

/// Models that resemble an unknown name, at most so many are offered.
const NEAR_NAMES: usize = 3;

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelRole {
    /// Speech to words.
    Whisper,
    /// Voices to embeddings.
    Speaker,
    /// Sentences to embeddings.
    Text,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub name: String,
    pub role: ModelRole,
    /// Relative to a models directory. Of a model in several files this is the weights, the others being [`Entry::parts`].
    pub file: String,
    /// 0: not known.
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: Option<String>,
    /// Where the publisher states no other hash.
    pub sha1: Option<String>,
    pub licence: String,
    /// Address; empty for our own.
    #[serde(default)]
    pub source: String,
    pub languages: Vec<String>,
    pub good_for: String,
    #[serde(default)]
    pub recommended: bool,
    /// Work of the encoder per window, tiny.en being 1; Whisper only.
    pub work: Option<f32>,
    /// The longest stretch of sound that it decodes well, in seconds, where it has learnt to hear stretches at their own length
    /// (others want every one filled up to 30 s with silence); Whisper only.
    pub window_s: Option<f64>,
    /// The Python wheel that holds the same files.
    pub wheel: Option<Wheel>,
    /// The other files of a model in several files.
    #[serde(default)]
    pub parts: Vec<Part>,
}

/// A file beside the weights.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Relative to a models directory.
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
    pub source: String,
}

/// A Python wheel (a zip archive) that holds a model's files.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
    /// Folder in the archive where the files are.
    pub folder: String,
    /// The file there that becomes [`Entry::file`] by conversion from PyTorch's old format; else it is there as it is.
    pub legacy_torch: Option<String>,
}

/// The models that this program knows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    #[serde(rename = "model")]
    entries: Vec<Entry>,
}

impl Manifest {
    /// The list that was compiled in.
    ///
    /// # Errors
    /// [`WeightsError::Manifest`] if it is damaged; a test sees to it that it is not.
    pub fn bundled() -> Result<Self, WeightsError> {
        Self::parse(include_str!("../../models/MANIFEST.toml"))
    }

    /// Reads a list in the form of `models/MANIFEST.toml`.
    ///
    /// # Errors
    /// [`WeightsError::Manifest`].
    pub fn parse(text: &str) -> Result<Self, WeightsError> {
        toml::from_str(text).map_err(|error| WeightsError::Manifest(error.message().to_owned()))
    }

    /// In the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The model of that name.
    ///
    /// # Errors
    /// [`WeightsError::Unknown`], whose hint offers names that resemble it.
    pub fn find(&self, name: &str) -> Result<&Entry, WeightsError> {
        self.entries.iter().find(|entry| entry.name == name).ok_or_else(|| {
            let wanted = name.to_lowercase();
            let mut near: Vec<(usize, &str)> = self
                .entries
                .iter()
                .map(|entry| (strsim::levenshtein(&wanted, &entry.name), entry.name.as_str()))
                .filter(|(distance, near)| {
                    *distance <= 2 || (wanted.len() > 2 && near.contains(&wanted)) || wanted.contains(near)
                })
                .collect();
            near.sort_by_key(|(distance, _)| *distance);
            let near = near.into_iter().take(NEAR_NAMES).map(|(_, name)| format!("`{name}`")).collect();
            WeightsError::Unknown { name: name.to_owned(), near }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn is_hex(text: &str, digits: usize) -> bool {
        text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }

    #[test]
    fn every_entry_is_complete() {
        let manifest = Manifest::bundled().unwrap();
        let mut names = HashSet::new();
        let mut files = HashSet::new();
        for entry in manifest.entries() {
            assert!(names.insert(&entry.name) && files.insert(&entry.file), "{} twice", entry.name);
            assert!(!entry.licence.is_empty() && !entry.good_for.is_empty() && !entry.languages.is_empty());
            assert_eq!(entry.role == ModelRole::Whisper, entry.work.is_some(), "{}", entry.name);
            for part in &entry.parts {
                assert!(is_hex(&part.sha256, 64) && part.bytes > 0 && part.source.starts_with("https://"), "{part:?}");
            }
            if entry.source.is_empty() {
                assert_eq!(entry.name, "demo.en");
                continue;
            }
            assert!(entry.source.starts_with("https://") && entry.bytes > 0, "{}", entry.name);
            let hashed = entry.sha256.as_ref().is_some_and(|sum| is_hex(sum, 64))
                || entry.sha1.as_ref().is_some_and(|sum| is_hex(sum, 40));
            assert!(hashed, "{}", entry.name);
        }
        let whisper = manifest.entries().iter().filter(|entry| entry.role == ModelRole::Whisper && entry.recommended);
        assert_eq!(whisper.map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["base.en"]);
    }

    #[test]
    fn an_unknown_name_offers_its_neighbours() {
        let manifest = Manifest::bundled().unwrap();
        for (asked, offered) in [
            ("bse.en", "`base.en`"),
            ("BASE.EN", "`base.en`"),
            ("speakers", "`speaker`"),
            ("turbo", "`large-v3-turbo`"),
        ] {
            let hint = manifest.find(asked).unwrap_err().hint().unwrap();
            assert!(hint.contains(offered), "{asked}: {hint}");
        }
        assert!(!manifest.find("zzz").unwrap_err().hint().unwrap().contains("did you mean"));
    }
}
