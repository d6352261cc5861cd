//! Sentences as vectors: all-MiniLM-L6-v2 (Wang et al. 2020; sentence-transformers), 384 numbers of length 1.
//!
//! Behind a trait, so that another runtime can give the same vectors faster where it is installed. [`Candle`] needs nothing
//! installed.

mod candle;
mod weights;

use std::path::Path;

pub use candle::Candle;
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

/// Loads the encoder that this program was built with from the folder `text`.
///
/// # Errors
/// When a file is missing, or is not of that model.
pub fn load(folder: &Path) -> Result<Box<dyn Encoder>, EncoderError> {
    Ok(Box::new(Candle::load(folder)?))
}
