/* version.h - what this program calls itself. */
#ifndef TARE_BASE_VERSION_H
#define TARE_BASE_VERSION_H

#define TARE_VERSION "0.1.0"

#endif
