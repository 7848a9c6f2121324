#!/usr/bin/env bash
# Builds the libraries that a wheel carries, from their upstream releases, into PREFIX: the images in which wheels are
# built have few of them, and a distribution's OpenCV needs a hundred more (libX11 among them), while ours needs three
# image formats. auditwheel or delocate then copies them into the wheel.
#
#   scripts/wheel_libraries.sh PREFIX [SOURCES]
#
# SOURCES/NAME, where it exists, is built in place of the release.
set -euo pipefail
prefix=$1
sources=${2:-$prefix/sources}
jobs=$(getconf _NPROCESSORS_ONLN)
mkdir -p "$prefix" "$sources"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig:$prefix/share/pkgconfig" CMAKE_PREFIX_PATH="$prefix"
export LD_LIBRARY_PATH="$prefix/lib" CFLAGS="-O2 -w" CXXFLAGS="-O2 -w"

# get NAME REPOSITORY TAG: the folder of a library's source.
get() {
  [ -d "$sources/$1" ] || git -c advice.detachedHead=false clone -q --depth 1 --branch "$3" "https://github.com/$2" "$sources/$1"
  echo "building $1"
}

# with_cmake NAME [OPTION]...
with_cmake() {
  local name=$1 build="$prefix/build/$1"
  shift
  cmake -S "$sources/$name" -B "$build" -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release \
    -DBUILD_SHARED_LIBS=ON -DBUILD_TESTING=OFF -DCMAKE_POLICY_VERSION_MINIMUM=3.5 -DCMAKE_INSTALL_RPATH="$prefix/lib" "$@" >/dev/null
  cmake --build "$build" -j "$jobs" --target install >/dev/null
}

# with_configure NAME [OPTION]...
with_configure() {
  local name=$1
  shift
  (
    cd "$sources/$name"
    [ -x configure ] || ./autogen.sh >/dev/null 2>&1
    ./configure --quiet --prefix="$prefix" --libdir="$prefix/lib" --disable-static "$@" >/dev/null
    make -s -j "$jobs" install >/dev/null
  )
}

get nlohmann-json3 nlohmann/json v3.11.3 && with_cmake nlohmann-json3 -DJSON_BuildTests=OFF
get fmtlib fmtlib/fmt 9.1.0 && with_cmake fmtlib -DFMT_TEST=OFF -DFMT_DOC=OFF
get cli11 CLIUtils/CLI11 v2.1.2 && with_cmake cli11 -DCLI11_BUILD_TESTS=OFF -DCLI11_BUILD_EXAMPLES=OFF -DCLI11_BUILD_DOCS=OFF
get tomlplusplus marzer/tomlplusplus v3.3.0 && with_cmake tomlplusplus
get eigen3 eigen-mirror/eigen 3.4.0 && with_cmake eigen3 -DEIGEN_BUILD_DOC=OFF -DEIGEN_BUILD_PKGCONFIG=OFF
get onetbb uxlfoundation/oneTBB v2021.8.0 && with_cmake onetbb -DTBB_TEST=OFF -DTBB_STRICT=OFF -DTBBMALLOC_BUILD=OFF
get libsodium jedisct1/libsodium 1.0.18-RELEASE && with_configure libsodium
get libcsv rgamble/libcsv 3.0.3 && with_configure libcsv
get libdeflate ebiggers/libdeflate v1.18 && with_cmake libdeflate -DLIBDEFLATE_BUILD_GZIP=OFF
get libzip nih-at/libzip v1.10.1 && with_cmake libzip -DENABLE_BZIP2=OFF -DENABLE_LZMA=OFF -DENABLE_ZSTD=OFF -DENABLE_OPENSSL=OFF \
  -DENABLE_GNUTLS=OFF -DENABLE_MBEDTLS=OFF -DENABLE_COMMONCRYPTO=OFF -DBUILD_TOOLS=OFF -DBUILD_REGRESS=OFF -DBUILD_EXAMPLES=OFF -DBUILD_DOC=OFF
get libarchive libarchive/libarchive v3.7.2 && with_cmake libarchive -DENABLE_TEST=OFF -DENABLE_TAR=OFF -DENABLE_CPIO=OFF -DENABLE_CAT=OFF \
  -DENABLE_OPENSSL=OFF -DENABLE_LIBXML2=OFF -DENABLE_EXPAT=OFF -DENABLE_LZMA=OFF -DENABLE_LZ4=OFF -DENABLE_ZSTD=OFF -DENABLE_BZip2=OFF \
  -DENABLE_LIBB2=OFF -DENABLE_NETTLE=OFF -DENABLE_ACL=OFF -DENABLE_XATTR=OFF -DENABLE_ICONV=OFF -DENABLE_UNZIP=OFF
get sentencepiece google/sentencepiece v0.2.0 && with_cmake sentencepiece -DSPM_ENABLE_TCMALLOC=OFF
get libjpeg-turbo libjpeg-turbo/libjpeg-turbo 2.1.5.1 && with_cmake libjpeg-turbo -DENABLE_STATIC=OFF \
  -DCMAKE_INSTALL_LIBDIR="$prefix/lib"
get libpng1.6 pnggroup/libpng v1.6.43 && with_cmake libpng1.6 -DPNG_TESTS=OFF -DPNG_STATIC=OFF
get libwebp webmproject/libwebp v1.3.2 && with_cmake libwebp -DWEBP_BUILD_{ANIM_UTILS,CWEBP,DWEBP,GIF2WEBP,IMG2WEBP,VWEBP,WEBPINFO,WEBPMUX,EXTRAS}=OFF
get opencv opencv/opencv 4.9.0 && with_cmake opencv -DBUILD_LIST=core,imgproc,imgcodecs -DBUILD_{TESTS,PERF_TESTS,DOCS,EXAMPLES,JAVA,opencv_apps}=OFF \
  -DBUILD_{ZLIB,PNG,JPEG,WEBP}=OFF -DWITH_{TIFF,OPENEXR,JASPER,OPENJPEG,GDAL,GDCM,IMGCODEC_HDR,IMGCODEC_SUNRASTER,IMGCODEC_PXM,IMGCODEC_PFM}=OFF \
  -DWITH_{PROTOBUF,ADE,ITT,IPP,OPENCL,LAPACK,EIGEN,TBB,VA,QUIRC,FFMPEG,GSTREAMER,GTK,QT,V4L,1394,OPENGL,VULKAN}=OFF \
  -DOPENCV_GENERATE_PKGCONFIG=OFF -DCMAKE_CXX_FLAGS="-O2 -w"
