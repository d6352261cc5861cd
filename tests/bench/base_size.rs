//! A Whisper model of base.en's dimensions that says the same words in every window, whatever it hears: what decoding costs
//! at real size, where no real model can be fetched. Its words mean nothing.
//!
//! Everything is random and small but for a chain of tokens: each token's embedding is a direction of its own, and the last
//! layer's feed-forward network turns every direction into the next one. So a window begins at 0.00 s, has [`WORDS`] words,
//! ends at 30.00 s, and no pass is spent on a rest.

use std::{
    fs::{self, File},
    io::{BufWriter, Read, Write},
    path::Path,
};

/// Words in a window: fast talk, three a second.
const WORDS: usize = 84;
const WIDTH: usize = 512;
const LAYERS: usize = 6;
const VOCABULARY: usize = 51_864;
const HEADER_NUMBERS: usize = 11;
const MELS: usize = 80;
const FILTER_BINS: usize = 201;
/// The English vocabulary's special tokens.
const EOT: usize = 50_256;
const SOT: usize = 50_257;
const FIRST_TIME: usize = 50_363;
const LAST_TIME: usize = FIRST_TIME + 1500;
/// ggml's numbers for how a tensor is stored.
const F32: i32 = 0;
const F16: i32 = 1;
/// One, and half, as IEEE half precision.
const ONE: u16 = 0x3c00;
const HALF: u16 = 0x3800;

/// xorshift: the same file every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A half-precision number of either sign, of at least 2^`exponent` and less than twice that.
    fn half(&mut self, exponent: i32) -> u16 {
        let bits = self.next();
        (bits as u16 & 0x83ff) | (((exponent + 15) as u16) << 10)
    }
}

/// How large a matrix's random numbers are: 2^-5 keeps a product over a width of 512 near one, 2^-12 next to nothing.
fn size_of(name: &str) -> i32 {
    let quiet = name.starts_with("decoder") && (name.contains("out.weight") || name.contains("mlp.2.weight"));
    if quiet || name.contains("token_embedding") { -12 } else { -5 }
}

/// The chain of tokens.
fn chain(vocabulary: &[Vec<u8>]) -> Vec<usize> {
    let word = |token: &&usize| {
        let bytes = &vocabulary[**token];
        bytes.len() > 3 && bytes[0] == b' ' && bytes[1..].iter().all(u8::is_ascii_lowercase)
    };
    let all: Vec<usize> = (0..vocabulary.len().min(EOT)).collect();
    let words = all.iter().filter(word).copied().take(WORDS);
    [SOT, FIRST_TIME].into_iter().chain(words).chain([LAST_TIME, EOT]).collect()
}

fn number(file: &mut File) -> usize {
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes).unwrap();
    u32::from_le_bytes(bytes) as usize
}

/// Writes the model; header, filters and vocabulary are those of the demo model.
pub fn write(demo: &Path, path: &Path) {
    let mut old = File::open(demo).unwrap();
    let mut header = vec![0; 4 * (1 + HEADER_NUMBERS)];
    let mut filters = vec![0; 4 * (2 + MELS * FILTER_BINS)];
    old.read_exact(&mut header).unwrap();
    old.read_exact(&mut filters).unwrap();
    let count = number(&mut old);
    let mut vocabulary = Vec::with_capacity(count);
    for _ in 0..count {
        let mut token = vec![0; number(&mut old)];
        old.read_exact(&mut token).unwrap();
        vocabulary.push(token);
    }
    let mut file = BufWriter::new(File::create(path).unwrap());
    file.write_all(&header[..4]).unwrap();
    let heads = WIDTH / 64;
    let numbers = [VOCABULARY, 1500, WIDTH, heads, LAYERS, 448, WIDTH, heads, LAYERS, MELS, F16 as usize];
    numbers.iter().for_each(|number| file.write_all(&(*number as i32).to_le_bytes()).unwrap());
    file.write_all(&filters).unwrap();
    file.write_all(&(count as i32).to_le_bytes()).unwrap();
    for token in &vocabulary {
        file.write_all(&(token.len() as i32).to_le_bytes()).unwrap();
        file.write_all(token).unwrap();
    }
    let mut weights = Weights { file, random: Random(7), chain: chain(&vocabulary) };
    weights.all();
    weights.file.flush().unwrap();
    assert!(fs::metadata(path).unwrap().len() > 100_000_000);
}

struct Weights {
    file: BufWriter<File>,
    random: Random,
    chain: Vec<usize>,
}

impl Weights {
    /// Lengths outermost first, as in Python.
    fn head(&mut self, name: &str, shape: &[usize], form: i32) {
        for number in [shape.len() as i32, name.len() as i32, form] {
            self.file.write_all(&number.to_le_bytes()).unwrap();
        }
        shape.iter().rev().for_each(|length| self.file.write_all(&(*length as i32).to_le_bytes()).unwrap());
        self.file.write_all(name.as_bytes()).unwrap();
    }

    fn plain(&mut self, name: &str, shape: &[usize], value: f32) {
        self.head(name, shape, F32);
        (0..shape.iter().product()).for_each(|_| self.file.write_all(&value.to_le_bytes()).unwrap());
    }

    /// A matrix of random numbers, with some in their places: (row, column, number).
    fn matrix(&mut self, name: &str, shape: &[usize], set: &[(usize, usize, u16)]) {
        self.head(name, shape, F16);
        let exponent = size_of(name);
        let mut all: Vec<u16> = (0..shape.iter().product()).map(|_| self.random.half(exponent)).collect();
        let columns: usize = shape[1..].iter().product();
        set.iter().for_each(|(row, column, number)| all[row * columns + column] = *number);
        all.iter().for_each(|number| self.file.write_all(&number.to_le_bytes()).unwrap());
    }

    fn all(&mut self) {
        for (side, context) in [("encoder", 1500), ("decoder", 448)] {
            self.plain(&format!("{side}.positional_embedding"), &[context, WIDTH], 0.0);
        }
        for (layer, inputs) in [(1, MELS), (2, WIDTH)] {
            self.matrix(&format!("encoder.conv{layer}.weight"), &[WIDTH, inputs, 3], &[]);
            self.plain(&format!("encoder.conv{layer}.bias"), &[WIDTH, 1], 0.0);
        }
        let links = self.chain.len() - 1;
        let directions: Vec<_> = self.chain.iter().enumerate().map(|(i, token)| (*token, i, ONE)).collect();
        self.matrix("decoder.token_embedding.weight", &[VOCABULARY, WIDTH], &directions);
        for norm in ["encoder.ln_post", "decoder.ln"] {
            self.plain(&format!("{norm}.weight"), &[WIDTH], 1.0);
            self.plain(&format!("{norm}.bias"), &[WIDTH], 0.0);
        }
        for (side, attentions) in [("encoder", &["attn"][..]), ("decoder", &["attn", "cross_attn"])] {
            for layer in 0..LAYERS {
                let block = format!("{side}.blocks.{layer}");
                for attention in attentions {
                    for projection in ["query", "key", "value", "out"] {
                        let name = format!("{block}.{attention}.{projection}");
                        self.matrix(&format!("{name}.weight"), &[WIDTH, WIDTH], &[]);
                        if projection != "key" {
                            self.plain(&format!("{name}.bias"), &[WIDTH], 0.0);
                        }
                    }
                }
                for norm in attentions.iter().chain(&["mlp"]) {
                    self.plain(&format!("{block}.{norm}_ln.weight"), &[WIDTH], 1.0);
                    self.plain(&format!("{block}.{norm}_ln.bias"), &[WIDTH], 0.0);
                }
                let last = side == "decoder" && layer == LAYERS - 1;
                let links = if last { links } else { 0 };
                let notice: Vec<_> = (0..links).map(|i| (i, i, ONE)).collect();
                let pass_on: Vec<_> = (0..links).map(|i| (i + 1, i, HALF)).collect();
                self.matrix(&format!("{block}.mlp.0.weight"), &[4 * WIDTH, WIDTH], &notice);
                self.plain(&format!("{block}.mlp.0.bias"), &[4 * WIDTH], 0.0);
                self.matrix(&format!("{block}.mlp.2.weight"), &[WIDTH, 4 * WIDTH], &pass_on);
                self.plain(&format!("{block}.mlp.2.bias"), &[WIDTH], 0.0);
            }
        }
    }
}
