//! Whether a file is a Whisper model that whisper.cpp can load: its loader (`whisper_model_load`, 1.8) trusts lengths and
//! dimensions, and a bad file ends the process. This walks the same headers to the exact end of the file and refuses what
//! the loader would stumble over. The weights themselves are skipped, never read.

mod shapes;

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::Path,
};

use super::WeightsError;
use shapes::{Form, Tensor, tensors};

/// `ggml` as a little-endian number.
const MAGIC: u32 = 0x6767_6d6c;
/// English alone; many languages; large-v3's. The loader derives its special tokens from these three.
const VOCABULARIES: std::ops::RangeInclusive<u32> = 51_864..=51_866;
/// Frames of an encoded window and tokens of a text: the same in every Whisper, and the decoder relies on them.
const AUDIO_CONTEXT: u32 = 1500;
const TEXT_CONTEXT: u32 = 448;
/// Mel bands: 128 since large-v3.
const MELS: [u32; 2] = [80, 128];
/// Frequencies of a mel filter: a 400-point transform.
const FILTER_BINS: u32 = 201;
/// Width of one attention head in every Whisper.
const HEAD: u32 = 64;
/// Widest model and most layers that are believed; large has 1280 and 32.
const WIDTH_MAX: u32 = 2048;
const LAYERS_MAX: u32 = 64;
/// Longest token in bytes that is believed; the longest real one has 128.
const TOKEN_MAX: u32 = 512;
/// Tensor names are shorter than this.
const NAME_MAX: u32 = 96;
/// File types carry the quantisation version times this.
const VERSION_FACTOR: u32 = 1000;

/// What a Whisper model says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GgmlInfo {
    /// Knows other languages than English.
    pub multilingual: bool,
    /// Width of the network.
    pub width: u32,
    pub encoder_layers: u32,
    /// Two: whisper.cpp takes it for a distilled model and gives no usable segment times.
    pub decoder_layers: u32,
    pub mel_bands: u32,
    /// How the large tensors are stored: `f16`, `q5_1` and so on.
    pub form: &'static str,
    /// Weights in all tensors.
    pub parameters: u64,
}

/// Reads the headers of a Whisper model in whisper.cpp's format, to the exact end of the file.
///
/// # Errors
/// [`WeightsError::Read`]; [`WeightsError::NotAModel`] for any file that whisper.cpp would refuse, misread or crash on;
/// [`WeightsError::WebPage`] for a page saved in place of a model.
pub fn check_ggml(path: &Path) -> Result<GgmlInfo, WeightsError> {
    let reading = |cause| WeightsError::reading(path, cause);
    let mut file = File::open(path).map_err(reading)?;
    let bytes = file.metadata().map_err(reading)?.len();
    let mut start = [0; 16];
    let start_len = file.read(&mut start).map_err(reading)?;
    if looks_like_a_page(start.get(..start_len).unwrap_or_default()) {
        return Err(WeightsError::WebPage { from: path.display().to_string() });
    }
    file.rewind().map_err(reading)?;
    Walk { file: BufReader::new(file), left: bytes }.model().map_err(|fault| match fault {
        Fault::Read(cause) => reading(cause),
        Fault::Bad(what) => WeightsError::NotAModel { path: path.to_owned(), what },
    })
}

/// Whether these first bytes are those of an HTML page.
pub(super) fn looks_like_a_page(start: &[u8]) -> bool {
    start.trim_ascii_start().starts_with(b"<")
}

enum Fault {
    Read(io::Error),
    Bad(String),
}

fn bad<T>(what: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Bad(what.into()))
}

/// A reader that knows how much is left, and so never asks for more.
struct Walk<R> {
    file: BufReader<R>,
    left: u64,
}

impl<R: Read + Seek> Walk<R> {
    fn take(&mut self, bytes: u64) -> Result<(), Fault> {
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => return bad("it is cut short"),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<u32, Fault> {
        self.take(4)?;
        let mut bytes = [0; 4];
        self.file.read_exact(&mut bytes).map_err(Fault::Read)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn numbers<const N: usize>(&mut self) -> Result<[u32; N], Fault> {
        let mut numbers = [0; N];
        numbers.iter_mut().try_for_each(|number| self.number().map(|read| *number = read))?;
        Ok(numbers)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Fault> {
        self.take(bytes)?;
        let Ok(offset) = i64::try_from(bytes) else { return bad("it is cut short") };
        self.file.seek_relative(offset).map_err(Fault::Read)
    }

    fn model(mut self) -> Result<GgmlInfo, Fault> {
        if self.number()? != MAGIC {
            return bad("it does not begin as one");
        }
        let (info, vocabulary, form) = self.dimensions()?;
        self.filters(info.mel_bands)?;
        self.vocabulary(vocabulary)?;
        let parameters = self.tensors(tensors(&info, vocabulary, form))?;
        Ok(GgmlInfo { parameters, ..info })
    }

    fn dimensions(&mut self) -> Result<(GgmlInfo, u32, Form), Fault> {
        let [vocabulary, audio_context, width, heads, encoder_layers] = self.numbers()?;
        let [text_context, text_width, text_heads, decoder_layers, mel_bands, file_type] = self.numbers()?;
        if !VOCABULARIES.contains(&vocabulary) {
            return bad(format!("a vocabulary of {vocabulary} is no Whisper's"));
        }
        if (audio_context, text_context) != (AUDIO_CONTEXT, TEXT_CONTEXT) {
            return bad(format!("contexts of {audio_context} and {text_context} are no Whisper's"));
        }
        let whole_heads = width.is_multiple_of(HEAD) && width / HEAD == heads && heads == text_heads;
        if !(HEAD..=WIDTH_MAX).contains(&width) || width != text_width || !whole_heads {
            return bad(format!("widths of {width} and {text_width} in {heads} and {text_heads} heads make no sense"));
        }
        if !(1..=LAYERS_MAX).contains(&encoder_layers) || !(1..=LAYERS_MAX).contains(&decoder_layers) {
            return bad(format!("{encoder_layers} and {decoder_layers} layers make no sense"));
        }
        if !MELS.contains(&mel_bands) {
            return bad(format!("{mel_bands} mel bands are no Whisper's"));
        }
        let Some(form) = Form::of_file(file_type % VERSION_FACTOR) else {
            return bad(format!("its weights are stored in a form ({file_type}) not known here"));
        };
        let multilingual = vocabulary > *VOCABULARIES.start();
        let form_name = form.name();
        let info =
            GgmlInfo { multilingual, width, encoder_layers, decoder_layers, mel_bands, form: form_name, parameters: 0 };
        Ok((info, vocabulary, form))
    }

    fn filters(&mut self, mel_bands: u32) -> Result<(), Fault> {
        let [bands, bins] = self.numbers()?;
        if (bands, bins) != (mel_bands, FILTER_BINS) {
            return bad(format!("mel filters of {bands} x {bins} do not fit"));
        }
        self.skip(u64::from(bands) * u64::from(bins) * 4)
    }

    fn vocabulary(&mut self, most: u32) -> Result<(), Fault> {
        let tokens = self.number()?;
        if !(1..=most).contains(&tokens) {
            return bad(format!("{tokens} tokens do not fit a vocabulary of {most}"));
        }
        for _ in 0..tokens {
            let length = self.number()?;
            if length > TOKEN_MAX {
                return bad(format!("a token of {length} bytes makes no sense"));
            }
            self.skip(u64::from(length))?;
        }
        Ok(())
    }

    /// Every tensor exactly once, of the expected shape and form, and nothing after the last. Returns the weights in all.
    fn tensors(&mut self, mut missing: HashMap<String, Tensor>) -> Result<u64, Fault> {
        let mut parameters = 0;
        while self.left > 0 {
            let [dimensions, name_length, form] = self.numbers()?;
            if !(1..=3).contains(&dimensions) || !(1..=NAME_MAX).contains(&name_length) {
                return bad("a tensor's header is damaged");
            }
            let mut shape = [1; 3];
            for length in shape.iter_mut().take(dimensions as usize) {
                *length = self.number()?;
            }
            self.take(u64::from(name_length))?;
            let mut name = vec![0; name_length as usize];
            self.file.read_exact(&mut name).map_err(Fault::Read)?;
            let name = String::from_utf8_lossy(&name);
            let Some(expected) = missing.remove(name.as_ref()) else {
                return bad("it holds a tensor twice, or one that no Whisper has");
            };
            if shape != expected.shape || form != expected.form.number() {
                return bad(format!("its tensor {name} has another shape or form than the dimensions say"));
            }
            parameters += expected.elements();
            self.skip(expected.bytes())?;
        }
        match missing.len() {
            0 => Ok(parameters),
            count => bad(format!("{count} tensors are missing: it is cut short")),
        }
    }
}

#[cfg(test)]
mod tests;
