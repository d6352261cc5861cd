//! Plain numbers out of a safetensors file in memory, each checked for its shape when it is taken.

use std::collections::HashMap;

use candle_core::{DType, Device, Result, Tensor, safetensors};

use super::EncoderError;

/// A file's tensors by name.
pub struct Weights {
    file: &'static str,
    tensors: HashMap<String, Tensor>,
}

impl Weights {
    /// # Errors
    /// When it is no such file; `file` is what it is then called.
    pub fn read(file: &'static str, bytes: &[u8]) -> std::result::Result<Self, EncoderError> {
        let tensors = safetensors::load_buffer(bytes, &Device::Cpu)
            .map_err(|error| EncoderError::Unreadable { path: file.to_owned(), reason: error.to_string() })?;
        Ok(Self { file, tensors })
    }

    /// # Errors
    /// When there is no such tensor of that shape.
    pub fn floats(&self, name: &str, shape: &[usize]) -> std::result::Result<Vec<f32>, EncoderError> {
        self.take(name, |tensor| {
            if tensor.dims() != shape {
                return Err(candle_core::Error::msg(format!("shape {:?}, not {shape:?}", tensor.dims())));
            }
            tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
        })
    }

    /// # Errors
    /// When there is no such list of integers.
    pub fn integers(&self, name: &str) -> std::result::Result<Vec<u32>, EncoderError> {
        self.take(name, Tensor::to_vec1)
    }

    fn take<T>(&self, name: &str, take: impl Fn(&Tensor) -> Result<T>) -> std::result::Result<T, EncoderError> {
        let found = self.tensors.get(name).ok_or_else(|| candle_core::Error::msg("not there")).and_then(take);
        found.map_err(|error| EncoderError::Unreadable {
            path: self.file.to_owned(),
            reason: format!("{name}: {error}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_such_file_or_has_no_such_tensor_is_said() {
        assert!(matches!(Weights::read("head", b"not one"), Err(EncoderError::Unreadable { .. })));
        let header = br#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header);
        file.extend(2.5f32.to_le_bytes());
        let weights = Weights::read("head", &file).unwrap();
        assert_eq!(weights.floats("a", &[1]).unwrap(), [2.5]);
        assert!(
            weights.floats("a", &[2]).is_err() && weights.floats("b", &[1]).is_err() && weights.integers("a").is_err()
        );
    }
}
