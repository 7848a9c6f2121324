#include "key/key.h"

#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/secret.h"
#include "key/body.h"
#include "key/check.h"
#include "key/key_format.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

using namespace key_format;

constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == kSealingKeyAt - kNonceAt);
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == kBodyBytesAt - kSealingKeyAt);
static_assert(crypto_pwhash_SALTBYTES == kNonceAt - kSaltAt);

unsigned char* raw(MutableBytes bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* raw(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Secret key_from_passphrase(const std::string& passphrase, Bytes header, const std::string& where) {
  const auto operations = load_le<std::uint64_t>(header, kOperationsAt);
  const auto memory = load_le<std::uint64_t>(header, kMemoryAt);
  if (operations == 0 || operations > kMostOperations || memory < crypto_pwhash_MEMLIMIT_MIN ||
      memory > kMostMemory)
    throw Error(ErrorCode::kDamaged, where, "asks for an unreasonable amount of work to open it");
  Secret key(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  if (crypto_pwhash(raw(key.mutable_bytes()), key.size(), passphrase.data(), passphrase.size(),
                    raw(header.subspan(kSaltAt)), operations, memory,
                    crypto_pwhash_ALG_ARGON2ID13) != 0)
    throw Error(ErrorCode::kKey, where, "there is not enough memory to try the passphrase");
  return key;
}

void check_header(Bytes file, const std::string& where) {
  if (file.size() < kHeaderBytes || !as_text(file).starts_with(kMagic))
    throw Error(ErrorCode::kDamaged, where, "is not an Amalgam key file");
  if (const auto version = load_le<std::uint32_t>(file, kVersionAt); version != kVersion)
    throw Error(
        ErrorCode::kUnsupported, where,
        fmt::format("is a key of version {}{}; this program reads version {}", version,
                    version == 1 ? ", made by version 0.1: extract with that" : "", kVersion));
  const auto body = load_le<std::uint64_t>(file, kBodyBytesAt);
  if (body != file.size() - kHeaderBytes || body < kTag + kSeedBytes || body > kMostBytes)
    throw Error(ErrorCode::kDamaged, where, "is cut short or has bytes appended");
}

bool has_passphrase(Bytes header) {
  return (load_le<std::uint32_t>(header, kFlagsAt) & kPassphraseFlag) != 0;
}

Secret sealing_key(Bytes file, const std::optional<std::string>& passphrase,
                   const std::string& where) {
  const Bytes header = file.first(kHeaderBytes);
  if (!has_passphrase(header))
    return Secret(header.subspan(kSealingKeyAt, crypto_aead_xchacha20poly1305_ietf_KEYBYTES));
  if (!passphrase)
    throw Error(ErrorCode::kKey, where,
                "is protected by a passphrase; give it with --passphrase-file");
  return key_from_passphrase(*passphrase, header, where);
}

std::vector<std::byte> make_header(const std::optional<std::string>& passphrase,
                                   std::uint64_t body_bytes) {
  std::vector<std::byte> header(kHeaderBytes);
  std::memcpy(header.data(), kMagic.data(), kMagic.size());
  const MutableBytes out(header);
  store_le<std::uint32_t>(out, kVersionAt, kVersion);
  store_le<std::uint32_t>(out, kFlagsAt, passphrase ? kPassphraseFlag : 0);
  if (passphrase) {
    store_le<std::uint64_t>(out, kOperationsAt, crypto_pwhash_OPSLIMIT_MODERATE);
    store_le<std::uint64_t>(out, kMemoryAt, crypto_pwhash_MEMLIMIT_MODERATE);
  }
  randombytes_buf(header.data() + kSaltAt, kSealingKeyAt - kSaltAt);  // salt and nonce
  if (!passphrase) randombytes_buf(header.data() + kSealingKeyAt, kBodyBytesAt - kSealingKeyAt);
  store_le<std::uint64_t>(out, kBodyBytesAt, body_bytes);
  return header;
}

bool others_can_read(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && (info.st_mode & 077) != 0;
}

}  // namespace

KeyHeader read_key_header(const fs::path& path) {
  const auto file = MappedFile::open(path);
  check_header(file->bytes(), path.string());
  return {load_le<std::uint32_t>(file->bytes(), kVersionAt), has_passphrase(file->bytes()),
          load_le<std::uint64_t>(file->bytes(), kBodyBytesAt), others_can_read(path)};
}

Secret open_body(const fs::path& path, const std::optional<std::string>& passphrase) {
  const std::string where = path.string();
  const auto file = MappedFile::open(path);
  check_header(file->bytes(), where);
  const Bytes header = file->bytes().first(kHeaderBytes),
              sealed = file->bytes().subspan(kHeaderBytes);
  const Secret key = sealing_key(file->bytes(), passphrase, where);
  Secret body(sealed.size() - kTag);
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      raw(body.mutable_bytes()), nullptr, nullptr, raw(sealed), sealed.size(), raw(header),
      header.size(), raw(header.subspan(kNonceAt)), raw(key.bytes()));
  if (opened != 0)
    throw Error(ErrorCode::kKey, where,
                has_passphrase(header)
                    ? "does not open: the passphrase is wrong or the file is damaged"
                    : "does not open: the file is damaged");
  return body;
}

Key read_body(std::string_view text, const std::string& where) {
  Key key = key_from_text(text, where);
  check_key(key, where);
  return key;
}

std::shared_ptr<const Key> read_key(const fs::path& path,
                                    const std::optional<std::string>& passphrase) {
  return std::make_shared<const Key>(open_key(path, passphrase));
}

Key open_key(const fs::path& path, const std::optional<std::string>& passphrase) {
  const Secret body = open_body(path, passphrase);
  Key read = read_body(as_text(body.bytes().subspan(kSeedBytes)), path.string());
  read.seed = std::make_shared<const Secret>(body.bytes().first(kSeedBytes));
  return read;
}

void write_key(const fs::path& path, const Key& key, const std::optional<std::string>& passphrase) {
  const std::string text = key_to_text(key);
  if (kSeedBytes + text.size() + kTag > kMostBytes)
    throw Error(ErrorCode::kInvalid, path.string(),
                "the key would be larger than keys may be; the job has too many tensors");
  read_body(text, path.string());  // what is sealed must open again
  seal_body(path, *key.seed, text, passphrase);
}

void seal_body(const fs::path& path, const Secret& seed, std::string_view text,
               const std::optional<std::string>& passphrase) {
  Secret body(kSeedBytes + text.size());
  std::memcpy(body.mutable_bytes().data(), seed.bytes().data(), kSeedBytes);
  std::memcpy(body.mutable_bytes().data() + kSeedBytes, text.data(), text.size());
  const std::vector<std::byte> header = make_header(passphrase, body.size() + kTag);
  const Secret sealing = sealing_key(header, passphrase, path.string());
  std::vector<std::byte> sealed(body.size() + kTag);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      raw(MutableBytes(sealed)), nullptr, raw(body.bytes()), body.size(), raw(Bytes(header)),
      header.size(), nullptr, raw(Bytes(header).subspan(kNonceAt)), raw(sealing.bytes()));
  OutputFile out(path, 0600);
  out.write(header);
  out.write(sealed);
  out.close();
}

}  // namespace amalgam
