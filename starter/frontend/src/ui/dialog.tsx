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
  /** Escape was pressed. */
  onClose: () => void;
  children: ReactNode;
}

/** A modal over the screen. It keeps the focus, and gives it back when it goes. */
export function Dialog({ title, role = "dialog", onClose, children }: DialogProps) {
  return (
    <ModalOverlay className="dialog-shade" isOpen onOpenChange={(open) => open || onClose()}>
      <Modal className="dialog">
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
