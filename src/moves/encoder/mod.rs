//! Sentences as vectors: all-MiniLM-L6-v2 (Wang et al. 2020; sentence-transformers), 384 numbers of length 1.
//!
//! Two runtimes behind one trait, with the same weights and the same vectors. [`Candle`] is the default: it is Rust, and
//! needs nothing installed. `RustBert` (cargo feature `rust-bert`) is for those who have libtorch: it runs on a
//! graphics processor too. A test compares them.

mod candle;
#[cfg(feature = "rust-bert")]
mod rust_bert;
mod sentences;
mod weights;

use std::path::Path;

pub use candle::Candle;
#[cfg(feature = "rust-bert")]
pub use rust_bert::RustBert;
pub(super) use weights::Weights;

/// Length of a sentence's vector.
pub const DIMENSIONS: usize = 384;
/// Tokens of a sentence that are looked at: what the model was trained with.
pub(super) const MAX_TOKENS: usize = 256;

/// Makes vectors of sentences.
pub trait Encoder: std::fmt::Debug + Send + Sync {
    /// One vector per sentence, in their order.
    ///
    /// # Errors
    /// When the arithmetic fails, which only a lack of memory can make it do.
    fn encode(&self, sentences: &[&str]) -> Result<Vec<Vec<f32>>, EncoderError>;
}

/// Why there are no vectors. Never says any words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncoderError {
    #[error("the text model is missing: {path}")]
    Missing { path: String },
    #[error("the text model {path} cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("the text model failed: {reason}")]
    Failed { reason: String },
}

impl EncoderError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Failed { .. } => None,
            _ => Some("fetch it with `sidetone models fetch text` (or `scripts/fetch-models`)".into()),
        }
    }
}

/// What runs the text model. A program has one or two of them, as it was built; the vectors are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Runtime {
    #[cfg_attr(not(feature = "rust-bert"), default)]
    Candle,
    /// Whoever builds with it wants it.
    #[cfg(feature = "rust-bert")]
    #[default]
    RustBert,
}

impl Runtime {
    /// Every one that this program was built with.
    pub const ALL: &[Self] = &[
        Self::Candle,
        #[cfg(feature = "rust-bert")]
        Self::RustBert,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Candle => "candle",
            #[cfg(feature = "rust-bert")]
            Self::RustBert => "rust-bert",
        }
    }

    /// Loads the text model from its folder.
    ///
    /// # Errors
    /// When a file is missing, or is not of that model.
    pub fn load(self, folder: &Path) -> Result<Box<dyn Encoder>, EncoderError> {
        Ok(match self {
            Self::Candle => Box::new(Candle::load(folder)?),
            #[cfg(feature = "rust-bert")]
            Self::RustBert => Box::new(RustBert::load(folder)?),
        })
    }
}
