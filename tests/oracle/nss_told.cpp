// Two sources of names for glibc, "told_a" and "told_b", which answer as the name says: of "aSbN" the first has the
// user (S), the second does not (N); U: unavailable, T: try again.
#include <nss.h>
#include <pwd.h>

#include <cerrno>
#include <cstring>

namespace {

nss_status answer(const char* name, char source, uid_t uid, passwd* out, char* buffer, size_t size,
                  int* error) {
  *error = 0;
  const char* const told = strchr(name, source);
  switch (told == nullptr ? 'N' : told[1]) {
    case 'S':
      break;
    case 'U':
      *error = EIO;
      return NSS_STATUS_UNAVAIL;
    case 'T':
      *error = EAGAIN;
      return NSS_STATUS_TRYAGAIN;
    default:
      return NSS_STATUS_NOTFOUND;
  }
  const size_t length = strlen(name) + 1;
  if (size < length + 1) {
    *error = ERANGE;
    return NSS_STATUS_TRYAGAIN;
  }
  memcpy(buffer, name, length);
  buffer[length] = '\0';
  *out = {buffer, buffer + length, uid, uid, buffer + length, buffer + length, buffer + length};
  return NSS_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

nss_status _nss_told_a_getpwnam_r(const char* name, passwd* out, char* buffer, size_t size,
                                  int* error) {
  return answer(name, 'a', 1, out, buffer, size, error);
}
nss_status _nss_told_b_getpwnam_r(const char* name, passwd* out, char* buffer, size_t size,
                                  int* error) {
  return answer(name, 'b', 2, out, buffer, size, error);
}
}
