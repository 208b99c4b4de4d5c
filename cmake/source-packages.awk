# Reads apt's own sources, the stanzas of *.sources and the lines of *.list. For each that serves
# this machine's release it writes one that serves the source packages of another suite from the
# same mirror, signed by the same key: WORK/1.sources, WORK/2.sources...
#
#     awk -v suite=sid -v codename=bookworm -v work=WORK -f source-packages.awk FILE...

# A suite is named by its codename or by its place in the row. bookworm-security and the like do
# not count: they have no neighbors.
function serves_release(suites,   names, count, i) {
  count = split(suites, names, " ")
  for (i = 1; i <= count; i++)
    if (names[i] == codename || names[i] ~ /^(oldstable|stable|testing|unstable|sid|devel)$/)
      return 1
  return 0
}

function end_of_source(   file) {
  if (source["types"] ~ /deb/ && source["uris"] !~ /cdrom:/ && serves_release(source["suites"]) &&
      tolower(source["enabled"]) !~ /no|false|off|disable/) {
    file = work "/" ++written ".sources"
    print "Types: deb-src" > file
    print "URIs:" source["uris"] > file
    print "Suites: " suite > file
    print "Components:" source["components"] > file
    if (source["signed-by"] != "") print "Signed-By:" source["signed-by"] > file
    close(file)
  }
  split("", source)
}

FNR == 1 { end_of_source() }
{ sub(/\r$/, "") }

# deb [signed-by=KEY] URI SUITE COMPONENT...
FILENAME ~ /\.list$/ {
  sub(/#.*/, "")
  options = ""
  if (match($0, /\[[^]]*]/)) {
    options = substr($0, RSTART + 1, RLENGTH - 2)
    sub(/\[[^]]*]/, "")
  }
  source["types"] = $1
  source["uris"] = " " $2
  source["suites"] = $3
  for (i = 4; i <= NF; i++) source["components"] = source["components"] " " $i
  if (match(options, /signed-by=[^ ]*/))
    source["signed-by"] = " " substr(options, RSTART + 10, RLENGTH - 10)
  end_of_source()
  next
}

# Name: value, continued on lines that begin with a blank.
/^#/ { next }
/^[ \t]*$/ { end_of_source(); next }
/^[ \t]/ { source[name] = source[name] "\n" $0; next }
{
  name = tolower($0)
  sub(/[ \t]*:.*/, "", name)
  sub(/^[^:]*:/, "")
  source[name] = $0
}

END { end_of_source() }
