/* The handful of headers that nearly every file needs. */
#ifndef JOINERY_BASE_BASE_H
#define JOINERY_BASE_BASE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/list.h"
#include "base/map.h"
#include "base/owned.h"
#include "base/text.h"

#endif
