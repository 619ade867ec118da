/*
 * overlay.h: what reading the directories of overlayfs needs; private to src/acquire.
 */
#ifndef BW_ACQUIRE_OVERLAY_H
#define BW_ACQUIRE_OVERLAY_H

#include <stdbool.h>

/* Whether this process sees the marks that root's overlayfs makes (trusted.overlay.*): it takes
 * CAP_SYS_ADMIN. Without it a removed directory would look as if it were still there. */
bool bw_overlay_sees_marks(void);

#endif
