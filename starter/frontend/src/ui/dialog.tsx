import type { ReactNode } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { Joint } from "./joint";
import "./dialog.css";

interface DialogProps {
  title: string;
  /** "alertdialog" asks for a decision about what cannot be undone. */
  role?: "dialog" | "alertdialog";
  /** As wide as the screen lets it be. */
  wide?: boolean;
  /** Escape was pressed. */
  onClose: () => void;
  children: ReactNode;
}

/** A modal over the screen. It keeps the focus, and gives it back when it goes. */
export function Dialog({ title, role = "dialog", wide, onClose, children }: DialogProps) {
  return (
    <ModalOverlay className="dialog-shade" isOpen onOpenChange={(open) => open || onClose()}>
      <Modal className={wide ? "dialog dialog-wide" : "dialog"}>
        <Joint edge />
        <AriaDialog role={role}>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
