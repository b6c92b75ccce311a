#!/usr/bin/env python3
"""Turns files into assembler and C sources, so that they become part of the program, also compressed.

usage: embed.py OUT.S OUT.c WORK_DIR [URL=NAME:FILE ...]

Each file is served at URL. A URL with `{hash}` gets a hash of the content there and never changes its content; other files may say
{{NAME}} to get the URL of the file called NAME. Without files the table is empty."""
import gzip, hashlib, mimetypes, pathlib, re, shutil, subprocess, sys

TYPES = {'.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
         '.json': 'application/json; charset=utf-8', '.txt': 'text/plain; charset=utf-8', '.svg': 'image/svg+xml', '.woff2': 'font/woff2'}


def compressed(folder, name, content):
    """Paths of the Brotli and gzip forms, None where they would not be smaller."""
    plain, br, gz = folder / name, folder / (name + '.br'), folder / (name + '.gz')
    if not (plain.exists() and plain.read_bytes() == content and br.exists() and gz.exists()):
        plain.write_bytes(content)
        subprocess.run([shutil.which('brotli') or 'brotli', '-q', '11', '-f', '-o', br, plain], check=True)
        gz.write_bytes(gzip.compress(content, 9, mtime=0))
    return [p if p.stat().st_size < len(content) * 0.95 else None for p in (br, gz)]


def text(value):
    return '{NULL, 0}' if value is None else '{%s, %d}' % ('"' + value.replace('\\', '\\\\').replace('"', '\\"') + '"', len(value.encode()))


def main():
    out_s, out_c, work = map(pathlib.Path, sys.argv[1:4])
    work.mkdir(parents=True, exist_ok=True)
    files = [re.fullmatch(r'([^=]+)=([^:]+):(.+)', a).groups() for a in sys.argv[4:]]
    urls, contents = {}, {}
    # Files that name others come last, so that the hashes of those are known.
    for url, name, path in sorted(files, key=lambda f: b'{{' in pathlib.Path(f[2]).read_bytes() and f[2].endswith('.html')):
        content = pathlib.Path(path).read_bytes()
        if path.endswith('.html'):
            content = re.sub(rb'\{\{([\w.-]+)\}\}', lambda m: urls[m.group(1).decode()].encode(), content)
        urls[name] = url.replace('{hash}', hashlib.sha256(content).hexdigest()[:16])
        contents[name] = (content, '{hash}' in url, path)
    assembler = ['.section .note.GNU-stack,"",@progbits', '.section .rodata', '.balign 16']
    rows, symbols = [], []

    def blob(path):
        symbol = f'embedded_{len(symbols)}'
        symbols.append(symbol)
        assembler.extend([f'.global {symbol}', f'.hidden {symbol}', f'{symbol}:', f'.incbin "{path.resolve()}"', '.byte 0', '.balign 16'])
        return '{%s, %d}' % (symbol, path.stat().st_size)

    for name in sorted(contents, key=lambda n: urls[n].encode()):
        content, immutable, path = contents[name]
        br, gz = compressed(work, name, content)
        kind = TYPES.get(pathlib.Path(path).suffix) or mimetypes.guess_type(path)[0] or 'application/octet-stream'
        tag = '"%s"' % hashlib.sha256(content).hexdigest()[:32]
        rows.append('    {.path = %s, .content_type = %s, .bytes = %s,\n     .br = %s, .gz = %s,\n     .etag = %s, .immutable = %s},' % (
            text(urls[name]), text(kind), blob(work / name), blob(br) if br else '{NULL, 0}', blob(gz) if gz else '{NULL, 0}',
            text(tag), 'true' if immutable else 'false'))
    out_s.write_text('\n'.join(assembler) + '\n')
    declarations = ''.join(f'extern __attribute__((visibility("hidden"))) const char {s}[];\n' for s in symbols)
    out_c.write_text('/* Made by tools/embed.py: the files that are part of the program, sorted by path. */\n#include "http/assets.h"\n\n'
                     + declarations + '\nconst struct http_asset http_assets[] = {\n' + '\n'.join(rows or ['    {.path = {NULL, 0}},'])
                     + '\n};\nconst size_t http_assets_count = %d;\n' % len(rows))


main()
